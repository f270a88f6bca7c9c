import io

from rich.console import Console

from sluice.api.rollout_view import findings_of
from sluice.cli.show_rollout import balance, line_of, panel, shares, where
from sluice.domain.evidence.finding import Finding, Verdict
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.rollout import Position, Rollout
from tests.unit.cli.rollouts import PROGRESSING, T0, a_rollout, counted


def a_finding(harm: float, promote: float | None) -> Finding:
    return Finding("errors", Verdict.INCONCLUSIVE, "not decided", harm, 6.0, promote, None if promote is None else 3.0)


def seen(rollout: Rollout, *alarms: Alarm) -> list[str]:
    """What stands on the terminal, line by line."""
    return drawn(rollout, *alarms, entries=[Entry(EntryKind.SHIFTED, "controller", "shadow passed", T0)])


def drawn(rollout: Rollout, *alarms: Alarm, entries: list[Entry]) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=150).print(
        panel(
            rollout,
            findings=findings_of(rollout, now=T0),
            alarms=alarms,
            entries=entries,
            sentences=["It waits for evidence."],
        )
    )
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_evidence_grows_from_the_middle_towards_its_boundaries() -> None:
    assert balance(a_finding(0.0, 0.0)) == "▐            │            ▌"
    assert balance(a_finding(3.0, 1.5)) == "▐      ██████│██████      ▌"
    assert balance(a_finding(60.0, -4.0)) == "▐████████████│            ▌"
    assert balance(a_finding(-1.0, 30.0)) == "▐            │████████████▌"


def test_what_promotes_nothing_has_one_side_only() -> None:
    assert balance(a_finding(3.0, None)) == "▐      ██████│            ▌"


def test_the_panel_shows_weights_as_bars_beside_the_versions() -> None:
    lines = seen(a_rollout(**PROGRESSING))

    (champion,) = (line for line in lines if "champion " in line and "%" in line)
    (challenger,) = (line for line in lines if line.strip().startswith("challenger"))
    assert (champion.count("█"), challenger.count("█")) == (28, 2)
    assert champion.endswith("95 %  version 1")
    assert challenger.endswith("5 %  version 2")


def test_the_panel_marks_what_is_done_and_what_is_under_way() -> None:
    lines = seen(a_rollout(**PROGRESSING))

    assert "  ✓ shadow: gets a copy of every request; nobody sees its answers, at least 10 min" in lines
    assert "  ▶ weight: gets 5 % of the traffic, at least 5 min" in lines
    assert "    weight: gets 50 % of the traffic, at least 1 h 30 min" in lines


def test_the_panel_shows_evidence_alarms_audit_and_what_comes_next() -> None:
    evidence = counted(5000, challenger_errors=200, champion_errors=20)
    alarm = Alarm("sluice-flights-challenger", "challenger", "2 of 3 minutes above 2 %")

    lines = seen(a_rollout(**{**PROGRESSING, "evidence": evidence, "compared_since": T0}), alarm)

    (errors,) = (line for line in lines if line.strip().startswith("errors"))
    assert "████████████│" in errors
    assert "fail" in errors
    assert "  ALARM sluice-flights-challenger: 2 of 3 minutes above 2 %" in lines
    assert "  2026-11-22 10:15:00 shifted by controller: shadow passed" in lines
    assert "  It waits for evidence." in lines


def test_long_texts_do_not_make_the_panel_grow() -> None:
    evidence = counted(5000, challenger_errors=200, champion_errors=20)
    rollout = a_rollout(**{**PROGRESSING, "evidence": evidence, "compared_since": T0})
    shifted = Entry(EntryKind.SHIFTED, "controller", "very well " * 50, T0)

    lines = drawn(rollout, entries=[shifted])

    assert len([line for line in lines if "very well" in line]) == 1
    assert len([line for line in lines if "of the champion" in line]) == 3


def test_a_change_under_way_is_said_to_be_wanted_only() -> None:
    lines = seen(a_rollout(**{**PROGRESSING, "is_settled": False, "position": Position.SWAPPING}))

    assert "  wanted; not in effect everywhere yet" in lines
    assert "  ▶ swapping" in lines
    assert "  no alarm" in lines


def test_a_rollout_is_somewhere_and_has_shares() -> None:
    assert where(a_rollout()) == "queued"
    assert shares(a_rollout()) == "as they were"
    assert where(a_rollout(**PROGRESSING)) == "stage 2 of 3 (weight: gets 5 % of the traffic, at least 5 min)"
    assert shares(a_rollout(**PROGRESSING)) == "champion 95 %, challenger 5 %"


def test_what_a_person_wrote_is_not_taken_for_markup() -> None:
    entry = Entry(EntryKind.COMMANDED, "ada", "[red]not good[/]", T0)

    assert line_of(entry).endswith("[red]not good[/]")
