package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"grantledger/api"
	"grantledger/eventstore"
	"grantledger/projections"
	"grantledger/projections/postgres"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// drain is how long running requests may take when the server stops.
const drain = 20 * time.Second

func (c *console) serve() *cobra.Command {
	var listen, name, origin string
	var public, check bool
	cmd := &cobra.Command{
		Use: "serve", Short: "启动服务 / run the server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := map[string]any{}
			changed(cmd, flags, "listen", "http.listen", listen)
			changed(cmd, flags, "ledger", "ledger.name", name)
			changed(cmd, flags, "origin", "ledger.origin", origin)
			changed(cmd, flags, "public", "public.enabled", public)
			k, err := c.settingsFrom(flags)
			if err != nil {
				return err
			}
			s := service{console: c, settings: k, clock: func() time.Time { return time.Now().UTC() }}
			if check {
				return s.check(cmd.Context())
			}
			return s.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "", "address (http.listen)")
	f.StringVar(&name, "ledger", "", "name of the ledger's streams (ledger.name)")
	f.StringVar(&origin, "origin", "", "name of the log (ledger.origin)")
	f.BoolVar(&public, "public", false, "reading without signing in (public.enabled)")
	f.BoolVar(&check, "check", false, "verify the log and leave")
	return cmd
}

// changed puts a flag into the settings when it was given.
func changed[T any](cmd *cobra.Command, to map[string]any, flag, name string, value T) {
	if cmd.Flags().Changed(flag) {
		to[name] = value
	}
}

// service is the server with everything it runs, for serve and demo.
type service struct {
	console   *console
	settings  *koanf.Koanf
	clock     func() time.Time
	random    io.Reader // of ids and salts; nil = the system's
	demo      bool
	listening func(address string)                                                      // optional: told when requests are taken
	prepare   func(ctx context.Context, n *node, a *api.Server) (map[string]any, error) // before listening; members of the ready line

	node        *node
	postgres    *postgres.Settings // nil: the read model is in memory
	model       projections.Model
	begun       func(ctx context.Context, position uint64) error // waits until requests can be taken
	api         *api.Server
	log         *slog.Logger
	level       slog.LevelVar
	certificate *certificate // nil without TLS
	requests    requests
	reached     atomic.Pointer[api.Server] // api, for SIGHUP
}

func (s *service) config() nodeConfig {
	k := s.settings
	return nodeConfig{
		data: k.String("data.dir"), name: k.String("ledger.name"), origin: k.String("ledger.origin"), keyDir: k.String("seal.keys"),
		clock: s.clock, random: s.random, confirmed: s.demo, sealEvery: k.Duration("seal.every"), alarms: s.log,
		sealRecord: k.Duration("seal.record"), witnesses: list(k.String("seal.witnesses")),
		nats: natsOf(k), readModels: progressOf(s.postgres, s.log), inMemory: s.postgres == nil,
	}
}

// check makes the start checks and says what was found. It makes no ledger
// where there is none.
func (s *service) check(ctx context.Context) error {
	data := s.settings.String("data.dir")
	if _, err := os.Stat(data); err != nil {
		return usagef("%s holds no ledger", data)
	}
	s.log = s.logger()
	var err error
	if s.postgres, err = postgresOf(s.settings); err != nil {
		return err
	}
	config := s.config()
	config.inMemory = false
	n, err := openNode(ctx, config)
	if err != nil {
		return err
	}
	defer n.close()
	position, root := n.end()
	if s.console.json {
		s.console.write(map[string]any{"ok": true, "position": position, "root": root})
		return nil
	}
	s.console.note("checked %d events, root %s", position, root)
	return nil
}

// end is the log's last position and the root at it, in hex.
func (n *node) end() (position uint64, root string) {
	position = n.log.Position()
	hash, err := n.log.Root(position)
	if err != nil {
		return position, ""
	}
	return position, hex.EncodeToString(hash[:])
}

// run opens the ledger, serves it until ctx ends, and stops in the order HTTP,
// writer, projections, NATS.
func (s *service) run(ctx context.Context) error {
	s.log = s.logger()
	var err error
	if s.certificate, err = loadCertificate(s.settings.String("http.tls.cert"), s.settings.String("http.tls.key")); err != nil {
		return err
	}
	if s.postgres, err = postgresOf(s.settings); err != nil {
		return err
	}
	if s.node, err = openNode(ctx, s.config()); err != nil {
		return err
	}
	defer s.node.close()
	defer s.rereadAtHangup(ctx)()
	group, running := errgroup.WithContext(context.WithoutCancel(ctx))
	writing, stopWriting := context.WithCancel(running)
	reading, stopReading := context.WithCancel(running)
	stop := func() {
		stopWriting()
		stopReading()
	}
	defer stop()
	closeModel, err := s.openModel(group, reading)
	if err != nil {
		return err
	}
	defer closeModel()
	s.node.runStore(group, writing)
	server, members, listener, err := s.open(ctx, running)
	if err != nil {
		stop()
		return errors.Join(err, group.Wait())
	}
	group.Go(func() error { return unlessEnded(reading, s.api.Run(reading)) })
	if address := s.settings.String("http.adminlisten"); address != "" {
		group.Go(func() error { return s.serveMetrics(reading, address) })
	}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	s.ready(listener, members)
	if s.listening != nil {
		s.listening(listener.Addr().String())
	}
	select {
	case <-ctx.Done():
	case <-running.Done(): // a part failed: the others must not go on
	}
	s.api.Stopping()
	waited, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	s.requests.drain(waited)
	_ = server.Shutdown(waited)
	stop()
	return group.Wait()
}

// unlessEnded drops the error of a part that ended because it was told to.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// open makes the interface and its listener; the read model has caught up, or
// its database is away.
func (s *service) open(ctx, running context.Context) (*http.Server, map[string]any, net.Listener, error) {
	k, n := s.settings, s.node
	bucket, err := eventstore.OpenBucket(ctx, n.conn, k.String("ledger.name"), n.replicas)
	if err != nil {
		return nil, nil, nil, err
	}
	bucket.Room = n.writer.Trouble
	s.api = &api.Server{
		Config: s.apiConfig(), Writer: n.writer, Log: n.log, Sealer: n.sealer, Model: s.model, Vault: bucket,
		Clock: s.clock, Random: rand.Reader, Logger: s.log,
	}
	s.reached.Store(s.api)
	if err := s.api.Start(ctx); err != nil {
		return nil, nil, nil, err
	}
	members := map[string]any{}
	if !s.demo {
		if err := s.offerSetup(members); err != nil {
			return nil, nil, nil, err
		}
	}
	if s.prepare != nil {
		if members, err = s.prepare(ctx, n, s.api); err != nil {
			return nil, nil, nil, err
		}
	}
	if err := s.begun(ctx, n.log.Position()); err != nil {
		return nil, nil, nil, err
	}
	listener, err := s.listen(ctx, k.String("http.listen"))
	if err != nil {
		return nil, nil, nil, err
	}
	return s.server(running, s.requests.counted(s.api.Handler())), members, listener, nil
}

// offerSetup names the page that makes the first administrator, while the
// ledger has not been opened.
func (s *service) offerSetup(members map[string]any) error {
	token, err := s.api.OfferSetup()
	if err == nil && token != "" {
		members["setup"] = "/setup?token=" + token
	}
	return err
}

func (s *service) apiConfig() api.Config {
	k := s.settings
	trusted, _ := proxies(k) // validate has read them
	return api.Config{
		Version: version, DataDir: k.String("data.dir"), PublicURL: k.String("http.publicurl"),
		Secure: k.String("http.tls.cert") != "" || k.Bool("http.behindproxy"), Demo: s.demo, Title: k.String("ui.title"),
		PublicEnabled: k.Bool("public.enabled"), PublicFunds: list(k.String("public.funds")),
		ExportsKeep: k.Duration("exports.keep"), SessionIdle: k.Duration("session.idle"), SessionMax: k.Duration("session.max"),
		Commit: commit(), Limits: s.limits(), TrustedProxies: trusted, PasswordsOff: !k.Bool("login.local"),
	}
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// ready says where the server is: one JSON line, or a few lines for a person.
func (s *service) ready(l net.Listener, members map[string]any) {
	url := s.scheme() + "://" + l.Addr().String()
	position, root := s.node.end()
	if s.console.json {
		line := map[string]any{"ready": true, "url": url, "position": position, "root": root, "pid": os.Getpid()}
		for name, v := range members {
			line[name] = v
		}
		s.console.write(line)
		return
	}
	s.console.say("善款明账 GrantLedger  %s", url)
	s.console.say("账本 ledger    %s（%s）", s.settings.String("ledger.origin"), s.settings.String("data.dir"))
	if path, ok := members["setup"].(string); ok {
		s.console.say("请先设置 set up first  %s%s", url, path)
	}
	s.console.say("已核对 checked  %d 条事件 events，根 root %s", position, root)
	if users, ok := members["users"].(map[string]demoUser); ok {
		s.console.sayUsers(users)
	}
}

// logger writes to stderr: text to a person, JSON otherwise.
func (s *service) logger() *slog.Logger {
	s.setLevel(s.settings.String("log.level"))
	options := &slog.HandlerOptions{Level: &s.level}
	if s.settings.String("log.format") == "json" || s.settings.String("log.format") == "" && !isTerminal(s.console.err) {
		return slog.New(slog.NewJSONHandler(s.console.err, options))
	}
	return slog.New(slog.NewTextHandler(s.console.err, options))
}

// isTerminal tells whether w is a character device.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
