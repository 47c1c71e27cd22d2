"""What Switchroom is measured by: each module gives one figure with its peers; `python -m benchmarks` runs them."""
