"""Sleep for ten minutes: something to cancel."""

import time

print("Hello, going to sleep")
time.sleep(600)
