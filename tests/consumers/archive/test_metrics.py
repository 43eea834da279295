from prometheus_client import CollectorRegistry, generate_latest

from consumers.archive.metrics import RESULTS, ArchiveMetrics


def test_every_series_is_there_from_the_start() -> None:
    registry = CollectorRegistry()
    ArchiveMetrics.build(registry)
    page = generate_latest(registry).decode()
    for result in RESULTS:
        assert f'linewatch_archive_images_total{{result="{result}"}} 0.0' in page
    assert 'linewatch_archive_lag_records{topic="inspections"} 0.0' in page
