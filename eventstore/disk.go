package eventstore

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// reserve is how much of the disk is left free, in bytes. NATS switches JetStream off at the first write that finds the
// disk full, and nothing can be read any more then; so the log stops writing before that.
const reserve = 16 << 20

// Room reports whether the disk takes another block: it is not read-only, and more than 16 MiB are free.
func (s *Server) Room() error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.dir.Path(), &disk); err != nil {
		return fmt.Errorf("look at the disk: %w", errors.Join(ErrUnavailable, err))
	}
	if disk.Flags&syscall.MS_RDONLY != 0 {
		return fmt.Errorf("the disk is read-only: %w", ErrUnavailable)
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < reserve {
		return fmt.Errorf("only %d KiB of the disk are free: %w", free>>10, ErrUnavailable)
	}
	return nil
}

// Kept reports whether the file system still takes changes, after it said that it has stored one. An fsync that meets the
// end of a journal can return without an error and without having stored anything (seen on ext4 of Linux 6.18); a change
// that goes through the journal shows it, without waiting for the disk: the lock file keeps the same one block.
func (s *Server) Kept() error {
	const keepSize = 1
	err := syscall.Fallocate(int(s.dir.lock.Fd()), keepSize, 0, 1)
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Fallocate(int(s.dir.lock.Fd()), keepSize, 0, 1)
	}
	switch {
	case err == nil, errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS):
		return nil
	}
	return fmt.Errorf("the disk takes no changes: %w", errors.Join(ErrUnavailable, err))
}

// Revive starts NATS again after a write that failed or was not answered, once the disk takes files: after such a write it
// refuses all others for good. Connections come back by themselves. The files are looked at as at every start; damage is
// an *IntegrityError, any other error means that it is too early.
func (s *Server) Revive() error {
	if err := s.Room(); err != nil {
		return err
	}
	if err := s.probe(); err != nil {
		return fmt.Errorf("write to the disk: %w", errors.Join(ErrUnavailable, err))
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.halt()
	return s.start()
}

// probe writes a small file durably.
func (s *Server) probe() error {
	f, err := os.CreateTemp(s.dir.Path(), "probe-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Sync(), f.Close())
}
