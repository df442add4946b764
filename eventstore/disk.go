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
