package eventstore

import (
	"fmt"
	"os"
	"time"
)

// RawFsync measures the limit of the disk under dir: appends of 512 bytes, each followed by fsync, one after the other
// for the given time. Benchmarks report their rates against it.
func RawFsync(dir string, d time.Duration) (perSecond float64, err error) {
	f, err := os.CreateTemp(dir, "fsync-*")
	if err != nil {
		return 0, fmt.Errorf("measure fsync: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	line := make([]byte, 512)
	start, n := time.Now(), 0
	for time.Since(start) < d || n == 0 {
		if _, err := f.Write(line); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds(), nil
}
