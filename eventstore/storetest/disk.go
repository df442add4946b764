package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// SmallDisk mounts a file system in memory of a few MiB, which a test can fill. It needs root and the right to mount.
func SmallDisk(t testing.TB, megabytes int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	asRoot(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0700", megabytes)); err != nil {
		t.Skipf("SKIPPED: no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// Ext4Disk mounts an ext4 of its own, on a loop device, that goes read-only at an error: a disk that can stall and fail.
// It gives the directory and the file that stands for the device.
func Ext4Disk(t testing.TB, megabytes int) (dir, image string) {
	t.Helper()
	dir, image = t.TempDir(), filepath.Join(t.TempDir(), "disk")
	asRoot(t)
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, int64(megabytes)<<20)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", image).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no ext4 can be made here: %v %s", err, out)
	}
	MountImage(t, image, dir)
	return dir, image
}

// MountImage mounts the file system in a file, until the test ends or somebody unmounts it.
func MountImage(t testing.TB, image, dir string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "loop,errors=remount-ro", image, dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no file system in a file can be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

func asRoot(t testing.TB) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: a file system can be mounted by root only")
	}
}

// FillDisk takes all the space that is left; space returns when the ballast is removed.
func FillDisk(t testing.TB, dir string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 64 << 10, 4 << 10} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return ballast
}

// Cover lays a read-only view of a directory over it: no file under its path can be made or opened for writing, and the
// file system says that it is read-only. The kernel refuses to do it to the mount itself while a file is open for writing;
// such a file stays writable here, too.
func Cover(t testing.TB, dir string) (uncover func()) {
	t.Helper()
	if err := errors.Join(syscall.Mount(dir, dir, "", syscall.MS_BIND, ""), syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Fatal(err)
		}
	}
}

// FailDisk makes the ext4 mounted at dir meet an error: at once it is read-only for everybody, open files included, until
// it is mounted anew.
func FailDisk(t testing.TB, dir string) {
	t.Helper()
	device, err := exec.Command("findmnt", "-no", "SOURCE", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	trigger := filepath.Join("/sys/fs/ext4", filepath.Base(strings.TrimSpace(string(device))), "trigger_fs_error")
	if err := os.WriteFile(trigger, []byte("1"), 0); err != nil {
		t.Skipf("SKIPPED: this kernel makes no ext4 error to order: %v", err)
	}
}

// Freeze stalls the file system: every write and fsync hangs until thaw.
func Freeze(t testing.TB, dir string) (thaw func()) {
	t.Helper()
	freeze := func(flag string) {
		t.Helper()
		if out, err := exec.Command("fsfreeze", flag, dir).CombinedOutput(); err != nil {
			t.Fatalf("fsfreeze %s: %v %s", flag, err, out)
		}
	}
	freeze("-f")
	thawed := false
	thaw = func() {
		t.Helper()
		if !thawed {
			thawed = true
			freeze("-u")
		}
	}
	t.Cleanup(thaw) // before the unmount, which would hang
	return thaw
}
