package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
)

// setting is a line of API.md 9: a name, its default, what it means.
type setting struct {
	name  string
	value any
	about string
}

// defaultOrigin is the origin of a trial that names none.
const defaultOrigin = "grantledger.local/main"

// settings are all names that a configuration may use.
var settings = []setting{
	{"data.dir", "", "data directory; default $STATE_DIRECTORY, else ./grantledger-data"},
	{"ledger.name", "main", "names the streams: [a-z][a-z0-9-]{0,31}"},
	{"ledger.origin", defaultOrigin, "name of the log in checkpoints; grantledger.local/… is a trial"},
	{"http.listen", "127.0.0.1:8080", "address of the HTTP listener"},
	{"http.adminlisten", "", "address of a second listener for metrics"},
	{"http.tls.cert", "", "certificate file"},
	{"http.tls.key", "", "key file of the certificate"},
	{"http.behindproxy", false, "a proxy in front does TLS"},
	{"http.publicurl", "", "address under which people reach the server"},
	{"http.trustedproxies", "", "addresses whose X-Forwarded-* are believed"},
	{"store.mode", "embedded", "embedded: NATS inside this process"},
	{"seal.every", 5 * time.Second, "a checkpoint at least this often when there is news"},
	{"seal.keys", "", "key directory; default <data>/keys"},
	{"login.local", true, "passwords kept by this server"},
	{"public.enabled", false, "reading without signing in"},
	{"public.funds", "", "funds that are published: ids by comma, or *"},
	{"exports.keep", 168 * time.Hour, "how long a package is kept"},
	{"session.idle", 30 * time.Minute, "a session ends after this time without a request"},
	{"session.max", 12 * time.Hour, "a session ends after this time"},
	{"log.level", "info", "debug, info, warn, error"},
	{"log.format", "", "json or text; default text on a terminal"},
	{"ui.title", "", "title on every page"},
}

// settingsFrom reads the configuration: flags before environment before file
// before defaults. An unknown name is a usage error.
func (c *console) settingsFrom(flags map[string]any) (*koanf.Koanf, error) {
	k := koanf.New(".")
	defaults := make(map[string]any, len(settings))
	for _, s := range settings {
		defaults[s.name] = s.value
	}
	_ = k.Load(confmap.Provider(defaults, "."), nil)
	if err := c.loadFile(k); err != nil {
		return nil, err
	}
	fromEnv := env.Provider(".", env.Opt{Prefix: "GRANTLEDGER_", TransformFunc: envName})
	if err := k.Load(fromEnv, nil); err != nil {
		return nil, usage(err)
	}
	if c.data != "" {
		flags["data.dir"] = c.data
	}
	_ = k.Load(confmap.Provider(flags, "."), nil)
	for _, name := range k.Keys() {
		if _, ok := defaults[name]; !ok {
			return nil, usagef("unknown setting %s", name)
		}
	}
	fillPaths(k)
	return k, validate(k)
}

// envName turns GRANTLEDGER_HTTP_LISTEN into http.listen; the token is no setting.
func envName(k, v string) (string, any) {
	if k == "GRANTLEDGER_TOKEN" {
		return "", nil
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(k, "GRANTLEDGER_"), "_", ".")), v
}

func (c *console) loadFile(k *koanf.Koanf) error {
	paths := []string{"grantledger.yaml", "/etc/grantledger/grantledger.yaml"}
	if c.config != "" {
		paths = []string{c.config}
	}
	for _, path := range paths {
		err := k.Load(file.Provider(path), yaml.Parser())
		if errors.Is(err, fs.ErrNotExist) && c.config == "" {
			continue
		}
		if err != nil {
			return usagef("configuration %s: %w", path, err)
		}
		return nil
	}
	return nil
}

func fillPaths(k *koanf.Koanf) {
	if k.String("data.dir") == "" {
		dir := os.Getenv("STATE_DIRECTORY")
		if dir == "" {
			dir = "grantledger-data"
		}
		_ = k.Set("data.dir", dir)
	}
	if k.String("seal.keys") == "" {
		_ = k.Set("seal.keys", filepath.Join(k.String("data.dir"), "keys"))
	}
}

func validate(k *koanf.Koanf) error {
	host, _, err := net.SplitHostPort(k.String("http.listen"))
	if err != nil {
		return usagef("http.listen: %w", err)
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	if !local && k.String("http.tls.cert") == "" && !k.Bool("http.behindproxy") {
		return usagef("http.listen %s is no loopback address: it needs http.tls.cert and http.tls.key, or http.behindproxy", k.String("http.listen"))
	}
	if k.String("store.mode") != "embedded" {
		return usagef("store.mode %s: this release runs embedded only", k.String("store.mode"))
	}
	if k.Duration("seal.every") < 100*time.Millisecond {
		return usagef("seal.every: at least 100ms")
	}
	return nil
}

func (c *console) configuration() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "show or check the configuration"}
	cmd.AddCommand(&cobra.Command{
		Use: "print", Short: "each value in force", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			k, err := c.settingsFrom(map[string]any{})
			if err != nil {
				return err
			}
			if c.json {
				c.write(k.All())
				return nil
			}
			for _, s := range settings {
				fmt.Fprintf(c.out, "%-22s %-26v %s\n", s.name, k.Get(s.name), s.about)
			}
			return nil
		},
	}, &cobra.Command{
		Use: "check", Short: "say whether the configuration can be used", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := c.settingsFrom(map[string]any{})
			if err == nil && !c.json {
				fmt.Fprintln(c.out, "ok")
			} else if err == nil {
				c.write(map[string]any{"ok": true})
			}
			return err
		},
	})
	return cmd
}
