import time

print("Hello, going to sleep")
time.sleep(600)
