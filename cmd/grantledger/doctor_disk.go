package main

import (
	"syscall"
	"time"

	"grantledger/eventstore"
)

// Bounds of free space in the data directory, in bytes.
const (
	diskLow  = 1 << 30
	diskFull = 64 << 20
)

// disk measures free space and the fsyncs that it does in a tenth of a second.
func (d *diagnosis) disk(path string) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		d.add("disk", levelFail, "%v", err)
		return
	}
	free := s.Bavail * uint64(s.Bsize)
	rate, err := eventstore.RawFsync(path, 100*time.Millisecond)
	switch {
	case err != nil:
		d.add("disk", levelFail, "cannot be written: %v", err)
	case free < diskFull:
		d.add("disk", levelFail, "%d MiB free", free>>20)
	case free < diskLow:
		d.add("disk", levelWarn, "%d MiB free", free>>20)
	default:
		d.add("disk", levelOK, "%d GiB free, %.0f fsyncs/s", free>>30, rate)
	}
}
