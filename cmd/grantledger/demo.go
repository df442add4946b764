package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	randv2 "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"grantledger/api"

	"github.com/spf13/cobra"
)

// demoUsers are the people of the illustrative story, and of an empty demo.
var demoUsers = []string{"admin-1", "clerk-1", "clerk-2", "checker-1", "approver-1", "auditor-1"}

// demoUser is how one of them signs in.
type demoUser struct {
	Password string `json:"password"`
	Token    string `json:"token"`
}

type demoFlags struct {
	listen, load, password string
	seed, events           int64
	empty, keep            bool
}

func (c *console) demo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use: "demo", Short: "示例：一条命令即可试用 / a complete trial: everything embedded, an illustrative story, every role", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runDemo(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address; port 0 takes a free one")
	flags.StringVar(&f.load, "load", "", "a scenario file instead of the built-in story")
	flags.StringVar(&f.password, "password", "", "password of every demo user; default a random one each")
	flags.Int64Var(&f.seed, "seed", 1, "seed of ids and salts")
	flags.Int64Var(&f.events, "events", 0, "so many generated events more")
	flags.BoolVar(&f.empty, "empty", false, "load nothing; the ledger is not opened")
	flags.BoolVar(&f.keep, "keep", false, "keep the temporary data directory")
	return cmd
}

// runDemo serves a trial ledger; without --data in a temporary directory.
func (c *console) runDemo(cmd *cobra.Command, f demoFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	flags := map[string]any{
		"http.listen": f.listen, "ledger.origin": "grantledger.local/demo",
		"public.enabled": true, "public.funds": "*", "ui.title": "善款明账（示例）",
	}
	if c.data == "" {
		dir, err := os.MkdirTemp("", "grantledger-demo-")
		if err != nil {
			return err
		}
		if !f.keep {
			defer os.RemoveAll(dir)
		}
		flags["data.dir"] = filepath.Join(dir, "data")
	}
	k, err := c.settingsFrom(flags)
	if err != nil {
		return err
	}
	clock := &storyClock{}
	s := service{console: c, settings: k, clock: clock.Now, random: seeded(f.seed), demo: true}
	s.prepare = func(ctx context.Context, n *node, a *api.Server) (map[string]any, error) {
		users, err := f.fill(ctx, n, clock)
		if err != nil {
			return nil, err
		}
		return f.signIn(ctx, a, users)
	}
	return s.run(cmd.Context())
}

// check refuses flags that cannot be meant.
func (f *demoFlags) check() error {
	switch n := len([]rune(f.password)); {
	case f.events < 0:
		return usagef("--events is 0 or more")
	case f.empty && (f.load != "" || f.events > 0):
		return usagef("--empty loads nothing: no --load, no --events")
	case f.password != "" && (n < 12 || n > 128):
		return usagef("--password needs 12 to 128 characters")
	}
	return nil
}

// seeded is a stream of bytes that the same seed repeats: ids and salts of a
// demo, so that the same seed and release give the same heads and bodies.
func seeded(seed int64) io.Reader {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return randv2.NewChaCha8(key)
}

// fill tells the story on an empty ledger; one that a demo wrote before goes
// on as it is. It gives the users that can sign in.
func (f *demoFlags) fill(ctx context.Context, n *node, clock *storyClock) ([]string, error) {
	if f.empty && n.log.Position() == 0 {
		return []string{"admin-1"}, nil
	}
	if n.log.Position() > 0 {
		return n.users(), nil
	}
	story := io.MultiReader(bytes.NewReader(xuancheng), strings.NewReader(demoEnd))
	if f.load != "" {
		file, err := os.Open(f.load)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage(err)
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		story = file
	}
	n.telling.Store(true)
	defer n.telling.Store(false)
	users, err := tell(ctx, n.writer, clock, story)
	if err != nil || f.events == 0 {
		return users, err
	}
	return users, generateEvents(ctx, n.writer, f.events, time.Now().UTC())
}

// users are those of the ledger as it was read at the start.
func (n *node) users() []string {
	var out []string
	for u := range n.ledger.Users() {
		out = append(out, u.ID)
	}
	return out
}

// signIn gives every user a password and a token.
func (f *demoFlags) signIn(ctx context.Context, a *api.Server, ids []string) (map[string]any, error) {
	users := make(map[string]demoUser, len(ids))
	for _, id := range ids {
		u := demoUser{Password: f.password}
		if u.Password == "" {
			u.Password = randomText(12)
		}
		var err error
		if err = a.SetPassword(ctx, id, u.Password); err != nil {
			return nil, fmt.Errorf("password of %s: %w", id, err)
		}
		if _, u.Token, err = a.IssueToken(ctx, id, "demo", nil, time.Time{}); err != nil {
			return nil, fmt.Errorf("token of %s: %w", id, err)
		}
		users[id] = u
	}
	return map[string]any{"users": users}, nil
}

// randomText is n random bytes as base64url.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// say writes a line of the result for a person.
func (c *console) say(format string, args ...any) {
	fmt.Fprintf(c.out, format+"\n", args...)
}

// sayUsers lists the demo's users in the order of their roles.
func (c *console) sayUsers(users map[string]demoUser) {
	c.say("示例用户 demo users（用户 user / 密码 password）:")
	ids := make([]string, 0, len(users))
	for id := range users {
		ids = append(ids, id)
	}
	order := func(id string) int {
		if at := slices.Index(demoUsers, id); at >= 0 {
			return at
		}
		return len(demoUsers)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if d := order(a) - order(b); d != 0 {
			return d
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	for _, id := range ids {
		c.say("  %-12s %s", id, users[id].Password)
	}
}
