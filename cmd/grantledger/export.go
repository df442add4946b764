package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grantledger/domain"
	"grantledger/eventstore"
	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"

	"github.com/spf13/cobra"
)

type exportFlags struct {
	out, kind   string
	scopes      []string
	start, size uint64
}

// exported is what export prints.
type exported struct {
	File   string `json:"file"`
	Size   uint64 `json:"size"`
	Root   string `json:"root"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (c *console) export() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use: "export", Short: "导出签名的审计包 / write a signed export package", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return usage(err)
			}
			if f.kind != "package" {
				return usagef("kind %s: only package", f.kind)
			}
			write := c.exportFromServer
			if c.data != "" {
				write = c.exportFromLog
			}
			done, err := write(cmd.Context(), f, filter)
			if err != nil {
				return err
			}
			c.printExported(done)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "grantledger-package.zip", "file to write; nothing is overwritten")
	flags.StringVar(&f.kind, "kind", "package", "kind of export")
	flags.StringArrayVar(&f.scopes, "scope", nil, "terms by comma, all of them (project/X,year/2024); repeat: any of the lines")
	flags.Uint64Var(&f.start, "start", 0, "leave out the events up to this position")
	flags.Uint64Var(&f.size, "size", 0, "of this checkpoint; 0 = the newest")
	return cmd
}

func (f *exportFlags) filter() (bundle.Filter, error) {
	if len(f.scopes) == 0 {
		return nil, nil
	}
	lines := make([][]string, len(f.scopes))
	for i, s := range f.scopes {
		lines[i] = strings.Split(s, ",")
	}
	return bundle.NewFilter(lines)
}

func (c *console) printExported(e exported) {
	if c.json {
		c.write(e)
		return
	}
	root, _ := hex.DecodeString(e.Root) // a note and grantverify have it in base64
	c.say("%s  %d bytes\nsize %d  root %s\n     = %s\nSHA-256 %s", e.File, e.Bytes, e.Size, e.Root, base64.StdEncoding.EncodeToString(root), e.SHA256)
	c.say("请保存包内的 checkpoint 文件，供下次核验。 Keep the file checkpoint of this package for the next check.")
}

// exportFromLog opens the data directory itself; the server must be stopped.
func (c *console) exportFromLog(ctx context.Context, f exportFlags, filter bundle.Filter) (e exported, err error) {
	n, _, err := c.openLog(ctx)
	if err != nil {
		return e, err
	}
	defer n.close()
	return n.exportTo(ctx, f, filter)
}

// exportTo writes a package of the open log.
func (n *node) exportTo(ctx context.Context, f exportFlags, filter bundle.Filter) (e exported, err error) {
	seal, err := n.checkpoint(ctx, f.size)
	if err != nil {
		return e, err
	}
	x := bundle.Export{
		Trust: n.log.Trust(), Checkpoint: seal.Note, Filter: filter, Exported: time.Now().UTC(), Signer: n.log.Keys().Export,
	}
	if f.start >= seal.Size {
		return e, usagef("--start %d: the package ends at position %d", f.start, seal.Size)
	}
	if f.start > 0 {
		if x.Frontier, err = n.log.Frontier(f.start); err != nil {
			return e, err
		}
	}
	return savePackage(f.out, func(w io.Writer) (merkle.Checkpoint, error) {
		_, err := x.Write(ctx, n.log, w)
		return seal.Checkpoint, err
	})
}

// checkpoint gives the checkpoint of a size, or signs one of everything.
func (n *node) checkpoint(ctx context.Context, size uint64) (eventstore.Seal, error) {
	if size != 0 {
		seal, err := n.sealer.Checkpoint(ctx, size)
		if errors.Is(err, eventstore.ErrNotFound) {
			return seal, usagef("there is no checkpoint of size %d", size)
		}
		return seal, err
	}
	if n.log.Position() == 0 {
		return eventstore.Seal{}, coded{exitRefused, errEmptyLedger}
	}
	if n.log.Trust().Quorum > 0 {
		if seal, ok := n.sealer.Cosigned(ctx); ok {
			return seal, nil
		}
		return eventstore.Seal{}, coded{exitRefused, errors.New("no checkpoint carries the quorum's witness lines yet")}
	}
	seal, err := n.sealer.Seal(ctx)
	if err != nil {
		return seal, err
	}
	return n.sealer.Checkpoint(ctx, seal.Size)
}

// errEmptyLedger: a package holds at least one event (FORMAT.md 12: start is less than size).
var errEmptyLedger = errors.New(string(domain.LedgerNotOpen) + ": 账本里还没有事件，无包可导；请先开立账本 / the ledger holds no event yet, so there is nothing to export; open the ledger first")

// savePackage writes the file whole or not at all, and describes it.
func savePackage(path string, write func(io.Writer) (merkle.Checkpoint, error)) (e exported, err error) {
	if _, err := os.Stat(path); err == nil {
		return e, usagef("%s is there already", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".grantledger-export-")
	if err != nil {
		return e, err
	}
	defer os.Remove(file.Name())
	sum, count := sha256.New(), &counter{}
	checkpoint, err := write(io.MultiWriter(file, sum, count))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return e, err
	}
	return exported{path, checkpoint.Size, hex.EncodeToString(checkpoint.Root[:]), count.n, hex.EncodeToString(sum.Sum(nil))}, os.Rename(file.Name(), path)
}

type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

// exportFromServer asks a running server for the package and fetches it.
func (c *console) exportFromServer(ctx context.Context, f exportFlags, filter bundle.Filter) (e exported, err error) {
	body := map[string]any{"kind": f.kind, "filter": "all", "start": f.start, "size": nil}
	if filter != nil {
		body["filter"] = filter
	}
	if f.size != 0 {
		body["size"] = f.size
	}
	var job exportJob
	if err := c.call(ctx, http.MethodPost, "/api/v1/exports", body, &job); err != nil {
		return e, err
	}
	for job.State == "queued" || job.State == "running" {
		select {
		case <-ctx.Done():
			return e, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		if err := c.call(ctx, http.MethodGet, "/api/v1/exports/"+job.ID, nil, &job); err != nil {
			return e, err
		}
	}
	if job.State != "done" {
		return e, fmt.Errorf("export %s is %s: %s %s", job.ID, job.State, job.Problem.Code, job.Problem.Detail)
	}
	return savePackage(f.out, func(w io.Writer) (merkle.Checkpoint, error) {
		var root merkle.Hash
		if b, err := hex.DecodeString(job.Root); err != nil || copy(root[:], b) != len(root) {
			return merkle.Checkpoint{}, fmt.Errorf("the server's root %q is not one", job.Root)
		}
		response, err := c.request(ctx, http.MethodGet, job.Package, nil)
		if err != nil {
			return merkle.Checkpoint{}, err
		}
		defer response.Body.Close()
		_, err = io.Copy(w, response.Body)
		return merkle.Checkpoint{Size: job.Size, Root: root}, err
	})
}

// exportJob is what the server says of an export (API.md 7.9).
type exportJob struct {
	ID, State, Package, Root string
	Size                     uint64
	Problem                  struct{ Code, Detail string }
	Progress                 struct{ Done, Total uint64 }
}

// request sends one request to the server; a problem is an error with the exit
// code of its status.
func (c *console) request(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.server, "/")+path, reader)
	if err != nil {
		return nil, usage(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept-Language", c.lang)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, coded{exitUnreachable, err}
	}
	if response.StatusCode >= 400 {
		defer response.Body.Close()
		return nil, problemOf(response)
	}
	return response, nil
}

func (c *console) call(ctx context.Context, method, path string, body, to any) error {
	response, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(to)
}

// problemOf reads a problem object: 4xx are refusals, 5xx an unreachable ledger.
func problemOf(r *http.Response) error {
	var p struct{ Code, Detail string }
	_ = json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&p)
	code := exitRefused
	if r.StatusCode >= 500 {
		code = exitUnreachable
	}
	return coded{code, fmt.Errorf("%s: %s (HTTP %d)", p.Code, p.Detail, r.StatusCode)}
}

// token is that of --token-file, else of GRANTLEDGER_TOKEN.
func (c *console) token() (string, error) {
	if c.tokens == "" {
		if t := os.Getenv("GRANTLEDGER_TOKEN"); t != "" {
			return t, nil
		}
		return "", usagef("a token is needed: --token-file or GRANTLEDGER_TOKEN")
	}
	b, err := os.ReadFile(c.tokens)
	if err != nil {
		return "", usage(err)
	}
	return strings.TrimSpace(string(b)), nil
}
