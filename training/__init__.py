"""Steps of a training pipeline that are programs of ours, run in processing jobs."""
