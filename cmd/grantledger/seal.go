package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"

	"github.com/spf13/cobra"
)

// sealedAnswer is a checkpoint as the server answers it.
type sealedAnswer struct {
	Size    uint64   `json:"size"`
	Root    string   `json:"root"`
	Time    string   `json:"time"`
	Signers []string `json:"signers"`
	Note    string   `json:"note"`
}

func (c *console) seal() *cobra.Command {
	var show, confirm bool
	var cosign string
	cmd := &cobra.Command{
		Use: "seal", Short: "立即签发检查点，或加入见证签名 / sign a checkpoint now, add a witness line, confirm a clock", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			switch {
			case show && (confirm || cosign != "") || confirm && cosign != "":
				return usagef("--show, --cosign and --confirm-clock are three different things")
			case confirm:
				return c.confirmClock(ctx)
			case cosign != "":
				return c.addCosignature(ctx, cosign)
			case show:
				return c.showNewest(ctx)
			}
			return c.sealNow(ctx)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&show, "show", false, "only print the newest checkpoint")
	f.StringVar(&cosign, "cosign", "", "file with a witness's line, or the checkpoint with it; checked first")
	f.BoolVar(&confirm, "confirm-clock", false, "accept the clock that the writer doubts")
	return cmd
}

// printSeal prints the note, exactly: it may be kept as it is.
func (c *console) printSeal(s sealedAnswer) {
	if c.json {
		c.write(s)
		return
	}
	fmt.Fprint(c.out, s.Note)
}

func (c *console) sealNow(ctx context.Context) error {
	var s sealedAnswer
	if err := c.call(ctx, http.MethodPost, "/api/v1/checkpoints", nil, &s); err != nil {
		return err
	}
	c.printSeal(s)
	return nil
}

func (c *console) showNewest(ctx context.Context) error {
	sealed, err := c.sealedList(ctx, 1)
	if err != nil {
		return err
	}
	if len(sealed) == 0 {
		return coded{exitRefused, errors.New("there is no checkpoint yet")}
	}
	c.printSeal(sealed[0])
	return nil
}

func (c *console) sealedList(ctx context.Context, limit int) ([]sealedAnswer, error) {
	var list struct{ Items []sealedAnswer }
	err := c.call(ctx, http.MethodGet, fmt.Sprintf("/api/v1/checkpoints?limit=%d", limit), nil, &list)
	return list.Items, err
}

func (c *console) confirmClock(ctx context.Context) error {
	response, err := c.request(ctx, http.MethodPost, "/api/v1/clock/confirm", nil)
	if err != nil {
		return err
	}
	response.Body.Close()
	if c.json {
		c.write(map[string]any{"confirmed": true})
		return nil
	}
	c.say("已确认时钟 the clock is confirmed")
	return nil
}

// addCosignature hands in what an offline witness gave: the checkpoint with his
// line, or only the line, for which the checkpoint is looked up.
func (c *console) addCosignature(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return usage(err)
	}
	size, note, err := c.cosignedNote(ctx, text)
	if err != nil {
		return err
	}
	var s sealedAnswer
	if err := c.call(ctx, http.MethodPost, fmt.Sprintf("/api/v1/checkpoints/%d/cosignatures", size), map[string]any{"note": string(note)}, &s); err != nil {
		return err
	}
	c.printSeal(s)
	return nil
}

func (c *console) cosignedNote(ctx context.Context, text []byte) (size uint64, note []byte, err error) {
	if !bytes.HasPrefix(text, []byte("— ")) {
		n, err := merkle.ParseNote(text)
		if err != nil {
			return 0, nil, usage(err)
		}
		checkpoint, err := merkle.ParseCheckpoint(n.Text)
		if err != nil {
			return 0, nil, usage(err)
		}
		return checkpoint.Size, text, nil
	}
	trust, err := c.serverTrust(ctx)
	if err != nil {
		return 0, nil, err
	}
	sealed, err := c.sealedList(ctx, 500)
	if err != nil {
		return 0, nil, err
	}
	line := append(bytes.TrimRight(text, "\r\n"), '\n')
	for _, s := range sealed {
		note := append([]byte(s.Note), line...)
		before, err := trust.OpenCheckpoint([]byte(s.Note))
		if err != nil {
			continue // signed by a key that was withdrawn since
		}
		signed, err := trust.OpenCheckpoint(note)
		if bytes.Contains([]byte(s.Note), line) || err == nil && len(signed.Witnesses) > len(before.Witnesses) {
			return s.Size, note, nil
		}
	}
	return 0, nil, coded{exitRefused, errors.New("the line is of no witness of the trust text, or of none of the last 500 checkpoints")}
}

// serverTrust is the trust text in force at the server.
func (c *console) serverTrust(ctx context.Context) (*merkle.Trust, error) {
	response, err := c.request(ctx, http.MethodGet, "/api/v1/trust", nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(http.MaxBytesReader(nil, response.Body, merkle.MaxNote)); err != nil {
		return nil, err
	}
	return merkle.ParseTrust(b.Bytes())
}

// cosigner asks the configured witnesses; nil when there are none.
func (n *node) cosigner(c nodeConfig) *eventstore.Cosigner {
	if len(c.witnesses) == 0 {
		return nil
	}
	return &eventstore.Cosigner{Sealer: n.sealer, Witnesses: c.witnesses, Every: c.sealEvery, Failed: func(witness string, err error) {
		n.alarms.Warn("a witness did not cosign, will be asked again", "witness", witness, "error", err)
	}}
}

// validateWitnesses asks for https, or http on loopback.
func validateWitnesses(addresses []string) error {
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
			return usagef("seal.witnesses: %q is no address like https://witness.example.cn", a)
		}
		ip := net.ParseIP(u.Hostname())
		local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
		if u.Scheme != "https" && (u.Scheme != "http" || !local) {
			return usagef("seal.witnesses: %q needs https", a)
		}
	}
	return nil
}
