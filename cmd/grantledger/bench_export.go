package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"

	"golang.org/x/sync/errgroup"
)

// commandsWhileExporting is the rate of commands that go on while packages are
// made, of each second.
const commandsWhileExporting = 1000

// exportFigures are what bench export adds: the commands that went on
// meanwhile, the memory, a package of one project, and both verified.
type exportFigures struct {
	CommandsPerSecond float64 `json:"commands_per_second"` // stored while the full package was made
	P50               float64 `json:"p50_ms"`
	P99               float64 `json:"p99_ms"`
	RSS               int64   `json:"max_rss_bytes"`       // of the whole process while the packages were made
	RSSBefore         int64   `json:"rss_before_bytes"`    // the server with this ledger, before
	PackageBytes      int64   `json:"package_bytes"`       // full
	ProjectSeconds    float64 `json:"project_seconds"`     // to make the package of one project
	ProjectBytes      int64   `json:"project_bytes"`       // its size
	VerifyOneCore     float64 `json:"verify_one_core"`     // seconds, full package
	VerifyTwoCores    float64 `json:"verify_two_cores"`    // seconds, full package
	ProjectOneCore    float64 `json:"project_one_core"`    // seconds, package of one project
	VerifyRSS         int64   `json:"verify_growth_bytes"` // peak of the process over what it held before, two cores
}

func (f *exportFigures) print(c *console) {
	const mb = 1e6
	c.say("  meanwhile %.0f commands/s, p50 %.1f ms, p99 %.1f ms; max RSS %.0f MB (%.0f MB before)", f.CommandsPerSecond, f.P50, f.P99, float64(f.RSS)/mb, float64(f.RSSBefore)/mb)
	c.say("  package %.1f MB; of one project %.1f MB in %.2f s", float64(f.PackageBytes)/mb, float64(f.ProjectBytes)/mb, f.ProjectSeconds)
	c.say("  verified in %.2f s on one core, %.2f s on two, of one project %.2f s on one; memory grew by %.0f MB", f.VerifyOneCore, f.VerifyTwoCores, f.ProjectOneCore, float64(f.VerifyRSS)/mb)
}

// measureExport makes a full package of a ledger, and one of a project, while
// commands go on, and verifies both.
func measureExport(ctx context.Context, dir string) (r readResult, err error) {
	r = readResult{Mode: "export", Raw: "DEFLATE of every line, one core", Machine: machine(), exportFigures: &exportFigures{}}
	full, project := filepath.Join(filepath.Dir(dir), "full.zip"), filepath.Join(filepath.Dir(dir), "project.zip")
	trust, err := r.makePackages(ctx, dir, full, project)
	if err != nil {
		return r, err
	}
	debug.FreeOSMemory()
	return r, r.verifyPackages(trust, full, project)
}

func (r *readResult) makePackages(ctx context.Context, dir, full, project string) (*merkle.Trust, error) {
	n, err := openNode(ctx, benchNode(dir))
	if err != nil {
		return nil, err
	}
	defer n.close()
	group, running := errgroup.WithContext(ctx)
	writing, stop := context.WithCancel(running)
	defer stop()
	n.runStore(group, writing)
	seal, err := n.checkpoint(ctx, 0)
	if err != nil {
		return nil, err
	}
	x := bundle.Export{Trust: n.log.Trust(), Checkpoint: seal.Note, Exported: time.Now().UTC(), Signer: n.log.Keys().Export, TempDir: dir}
	debug.FreeOSMemory()
	peakMemory() // from here on
	r.RSSBefore = peakMemory()
	loading, enough := context.WithCancel(running)
	var load paced
	done := make(chan error, 1)
	go func() { done <- load.run(loading, n.writer) }()
	began := time.Now()
	r.PackageBytes, err = saveTo(ctx, &x, n, full)
	r.Events, r.Seconds = seal.Size, time.Since(began).Seconds()
	enough()
	if err = errors.Join(err, <-done); err != nil {
		return nil, err
	}
	r.CommandsPerSecond, r.P50, r.P99 = float64(len(load.times))/r.Seconds, quantile(load.times, 0.5), quantile(load.times, 0.99)
	if x.Filter, err = bundle.NewFilter([][]string{{"project/GP7"}}); err != nil {
		return nil, err
	}
	began = time.Now()
	if r.ProjectBytes, err = saveTo(ctx, &x, n, project); err != nil {
		return nil, err
	}
	r.ProjectSeconds, r.RSS, r.EventsPerSecond = time.Since(began).Seconds(), peakMemory(), float64(r.Events)/r.Seconds
	r.RawPerSecond, err = rawDeflate(ctx, n)
	stop()
	return n.log.Trust(), errors.Join(err, group.Wait())
}

// saveTo writes a package to a file and gives its size.
func saveTo(ctx context.Context, x *bundle.Export, n *node, path string) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	count := &counter{}
	_, err = x.Write(ctx, n.log, io.MultiWriter(f, count))
	return count.n, errors.Join(err, f.Close())
}

// paced sends commands at a fixed rate from a few callers.
type paced struct {
	times []time.Duration // of each command that was stored, sorted
}

// run sends until ctx ends.
func (p *paced) run(ctx context.Context, w *writer) error {
	const callers = 50
	load := workload{prefix: "G", funds: 10, projects: 200, on: domain.DateOf(time.Now()).String()}
	all := make([][]time.Duration, callers)
	group, running := errgroup.WithContext(ctx)
	for caller := range callers {
		group.Go(func() error {
			tick := time.NewTicker(time.Second * callers / commandsWhileExporting)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-running.Done():
					return nil
				case <-tick.C:
				}
				c, at := load.allocation(i), time.Now()
				c.Key = fmt.Sprintf("X-%d-%d", caller, i)
				if _, _, err := w.Do(running, c); err != nil {
					if running.Err() != nil {
						return nil
					}
					return err
				}
				all[caller] = append(all[caller], time.Since(at))
			}
		})
	}
	err := group.Wait()
	p.times = slices.Concat(all...)
	slices.Sort(p.times)
	return err
}

// verifyPackages times the verifier on one core and on two.
func (r *readResult) verifyPackages(trust *merkle.Trust, full, project string) error {
	peakMemory() // from here on
	before := peakMemory()
	for _, v := range []struct {
		path  string
		cores int
		to    *float64
	}{{full, 2, &r.VerifyTwoCores}, {full, 1, &r.VerifyOneCore}, {project, 1, &r.ProjectOneCore}} {
		seconds, err := timeVerify(trust, v.path, v.cores)
		if err != nil {
			return err
		}
		if *v.to = seconds; v.cores == 2 {
			r.VerifyRSS = peakMemory() - before
		}
	}
	return nil
}

func timeVerify(trust *merkle.Trust, path string, cores int) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	p, err := bundle.Open(f, info.Size())
	if err == nil {
		_, err = p.Verify(bundle.Policy{Trust: trust, Now: began})
	}
	return time.Since(began).Seconds(), err
}

// peakMemory is the largest resident size of this process in bytes since it
// was last asked for; 0 where the system does not say.
func peakMemory() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10
}
