package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"grantledger/eventstore/bundle"
	"grantledger/eventstore/merkle"
)

// Limits of a request to a witness (C2SP tlog-witness).
const (
	maxProofLines = 63
	maxRequest    = merkle.MaxNote + 64*64
)

// runWitness serves the witness protocol until it is interrupted: the one command that opens a socket.
func runWitness(args []string, stdout io.Writer) (int, error) {
	o := &cosignOptions{}
	f := newFlags("witness")
	o.define(f)
	f.BoolVar(&o.first, "first", false, "")
	listen := f.String("listen", "", "")
	files, err := parseMixed(f, args)
	if err != nil {
		return exitNoVerdict, err
	}
	if len(files) != 0 || *listen == "" {
		return exitNoVerdict, usageError{"需要 --listen / --listen is needed"}
	}
	w, err := o.witness()
	if err != nil {
		return exitNoVerdict, err
	}
	if err := w.state.locked(func() error {
		previous, _, err := w.previous()
		if err == nil && previous == nil && !o.first {
			err = errFirst
		}
		return err
	}); err != nil {
		return exitNoVerdict, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return exitNoVerdict, err
	}
	if _, err := fmt.Fprintf(stdout, "witness %s\nlistening http://%s\n", w.signer.VKey(), listener.Addr()); err != nil {
		return exitNoVerdict, err
	}
	held := &heldTrust{path: o.trust, trust: w.trust}
	return exitVerified, serve(ctx, listener, w.handler(func() bundle.Policy {
		return bundle.Policy{Trust: held.inForce(), RequireSM2: o.requireSM2}
	}, o.first))
}

// heldTrust is the trust file of a witness that runs. The file may be replaced, by one that may follow it as `grantverify
// trust` says; any other is left alone.
type heldTrust struct {
	path string

	mu    sync.Mutex
	trust *merkle.Trust
}

func (h *heldTrust) inForce() *merkle.Trust {
	h.mu.Lock()
	defer h.mu.Unlock()
	if text, err := readSmall(h.path); err == nil {
		if next, err := h.trust.Succeeds(text); err == nil {
			next.Quorum = 0
			h.trust = next
		}
	}
	return h.trust
}

func serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(last)
}

// handler answers POST /add-checkpoint of C2SP tlog-witness.
func (w *witness) handler(policy func() bundle.Policy, first bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
		if err != nil {
			http.Error(rw, "the request is too long", http.StatusRequestEntityTooLarge)
			return
		}
		out, err := w.addCheckpoint(string(body), policy(), first)
		var answer *httpAnswer
		switch {
		case errors.As(err, &answer):
			rw.Header().Set("Content-Type", answer.contentType())
			rw.WriteHeader(answer.status)
			_, _ = io.WriteString(rw, answer.text+"\n")
		case err != nil:
			http.Error(rw, "the witness cannot sign now", http.StatusInternalServerError)
		default:
			_, _ = io.WriteString(rw, out.Line+"\n")
		}
	})
	return mux
}

// httpAnswer is a refusal of the protocol.
type httpAnswer struct {
	status int
	text   string
	size   bool // the text is the size that was cosigned last
}

func (a *httpAnswer) Error() string { return a.text }

func (a *httpAnswer) contentType() string {
	if a.size {
		return "text/x.tlog.size"
	}
	return "text/plain; charset=utf-8"
}

func (w *witness) addCheckpoint(body string, policy bundle.Policy, first bool) (*cosigned, error) {
	from, proof, note, err := parseRequest(body)
	if err != nil {
		return nil, &httpAnswer{http.StatusBadRequest, err.Error(), false}
	}
	s, err := w.openSubmitted(note, policy)
	if err != nil {
		return nil, err
	}
	if from > s.Size || s.Size == 0 {
		return nil, &httpAnswer{http.StatusBadRequest, "the old size is larger than the checkpoint, or the checkpoint is empty", false}
	}
	return w.cosign(first, func(previous *merkle.Checkpoint, _ []byte) (*merkle.Signed, error) {
		have := merkle.Checkpoint{Origin: s.Origin, Root: merkle.EmptyRoot()}
		if previous != nil {
			have = *previous
		}
		if from != have.Size || s.Size == have.Size && s.Root != have.Root {
			return nil, &httpAnswer{http.StatusConflict, strconv.FormatUint(have.Size, 10), true}
		}
		if (from == 0 || from == s.Size) && len(proof) > 0 {
			return nil, &httpAnswer{http.StatusUnprocessableEntity, "a proof where none belongs", false}
		}
		if err := bundle.Continues(have, s.Checkpoint, proof); err != nil {
			return nil, &httpAnswer{http.StatusUnprocessableEntity, err.Error(), false}
		}
		return s, nil
	})
}

// openSubmitted reads the checkpoint: 404 for another ledger, 403 without a signature that counts.
func (w *witness) openSubmitted(note string, policy bundle.Policy) (*merkle.Signed, error) {
	n, err := merkle.ParseNote([]byte(note))
	if err != nil {
		return nil, &httpAnswer{http.StatusBadRequest, err.Error(), false}
	}
	c, err := merkle.ParseCheckpoint(n.Text)
	switch {
	case err != nil:
		return nil, &httpAnswer{http.StatusBadRequest, err.Error(), false}
	case c.Origin != w.trust.Origin:
		return nil, &httpAnswer{http.StatusNotFound, "this witness does not know the ledger", false}
	}
	s, err := bundle.OpenUnder(policy, []byte(note))
	if err != nil {
		return nil, &httpAnswer{http.StatusForbidden, err.Error(), false}
	}
	return s, nil
}

// parseRequest reads `old SIZE`, the proof lines, an empty line and the checkpoint.
func parseRequest(body string) (from uint64, proof []merkle.Hash, note string, err error) {
	head, note, ok := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	size, old := strings.CutPrefix(lines[0], "old ")
	if !ok || !old || len(lines)-1 > maxProofLines {
		return 0, nil, "", errors.New("the request is not an old size, up to 63 hashes, an empty line and a checkpoint")
	}
	if from, err = merkle.ParseNum(size); err != nil {
		return 0, nil, "", err
	}
	for _, line := range lines[1:] {
		h, err := merkle.ParseHash(line)
		if err != nil {
			return 0, nil, "", err
		}
		proof = append(proof, h)
	}
	return from, proof, note, nil
}
