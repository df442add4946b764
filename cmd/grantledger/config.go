package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
	{"store.mode", "embedded", "embedded: NATS inside this process; nats: an external server"},
	{"nats.urls", "", "addresses of the external servers by comma: tls://host:4222"},
	{"nats.credsfile", "", "credentials of the service: .creds, or the seed of an NKEY"},
	{"nats.tls.ca", "", "authorities that signed the servers' certificates"},
	{"nats.tls.cert", "", "client certificate file"},
	{"nats.tls.key", "", "key file of the client certificate"},
	{"nats.replicas", 3, "copies of each stream on the external servers"},
	{"postgres.urlfile", "", "file with the address of PostgreSQL for the read model: postgres://user:password@host/database; empty = memory"},
	{"postgres.maxconns", 16, "connections to PostgreSQL at most"},
	{"seal.every", 5 * time.Second, "a checkpoint at least this often when there is news"},
	{"seal.keys", "", "key directory; default <data>/keys"},
	{"seal.witnesses", "", "addresses by comma that are asked to cosign checkpoints (C2SP tlog-witness)"},
	{"seal.record", time.Hour, "a cosigned checkpoint returns into the log at least this often when there is news"},
	{"login.local", true, "passwords kept by this server"},
	{"public.enabled", false, "reading without signing in"},
	{"public.funds", "", "funds that are published: ids by comma, or *"},
	{"exports.keep", 168 * time.Hour, "how long a package is kept"},
	{"limits.reads", 50, "reading requests a second and user; 0 = no limit, here and below"},
	{"limits.publicreads", 10, "reading requests a second and address, without signing in"},
	{"limits.commands", 100, "commands a second and user"},
	{"limits.exports", 10, "exports an hour and user"},
	{"limits.logins", 5, "sign-ins that fail, in 15 minutes and for one user"},
	{"limits.addresslogins", 20, "sign-ins that fail, in 15 minutes and from one address"},
	{"session.idle", 30 * time.Minute, "a session ends after this time without a request"},
	{"session.max", 12 * time.Hour, "a session ends after this time"},
	{"log.level", "info", "debug, info, warn, error"},
	{"log.format", "", "json or text; default text on a terminal"},
	{"ui.title", "", "title on every page"},
}

// absent are names of API.md 9 that this version does not have, and what to do
// meanwhile. They are refused: a setting that does nothing would be believed.
var absent = map[string]string{
	"nats.domain":           "the servers of nats.urls must have the streams in their own domain",
	"nats.listen":           "the embedded server takes no mirrors; use store.mode nats for them",
	"oidc.issuer":           "people sign in with passwords or tokens",
	"oidc.clientid":         "people sign in with passwords or tokens",
	"oidc.clientsecretfile": "people sign in with passwords or tokens",
	"oidc.userclaim":        "people sign in with passwords or tokens",
	"public.embed":          "no page may be framed",
	"evidence.required":     "documents are named by their digests, files are not stored",
	"evidence.maxbytes":     "documents are named by their digests, files are not stored",
	"imports.maxrows":       "lists of commands come over HTTP",
	"ui.tiles":              "the overview has its built-in tiles",
}

// unknown is the error of a name that is no setting.
func unknown(name, origin string) error {
	if instead, ok := absent[name]; ok {
		return usagef("setting %s (%s) is not in this version: %s", name, origin, instead)
	}
	return usagef("unknown setting %s (%s)", name, origin)
}

// settingsFrom reads the configuration: flags before environment before file
// before defaults. An unknown name or a value of the wrong form is a usage
// error.
func (c *console) settingsFrom(flags map[string]any) (*koanf.Koanf, error) {
	k := koanf.New(".")
	c.origins = make(map[string]string, len(settings))
	for _, s := range settings {
		_ = k.Set(s.name, s.value)
		c.origins[s.name] = "default"
	}
	fromFile, path, err := c.loadFile()
	if err != nil {
		return nil, err
	}
	fromEnv := koanf.New(".")
	if err := fromEnv.Load(env.Provider(".", env.Opt{Prefix: "GRANTLEDGER_", TransformFunc: envName}), nil); err != nil {
		return nil, usage(err)
	}
	if c.data != "" {
		flags["data.dir"] = c.data
	}
	fromFlags := koanf.New(".")
	_ = fromFlags.Load(confmap.Provider(flags, "."), nil)
	for _, layer := range []struct {
		origin string
		values *koanf.Koanf
	}{{path, fromFile}, {"environment", fromEnv}, {"flag", fromFlags}} {
		for _, name := range layer.values.Keys() {
			if c.origins[name] == "" {
				return nil, unknown(name, layer.origin)
			}
			c.origins[name] = layer.origin
			_ = k.Set(name, oneLine(layer.values.Get(name)))
		}
	}
	fillPaths(k)
	return k, validate(k)
}

// oneLine is a list as one text, as flags and environment have it.
func oneLine(v any) any {
	items, ok := v.([]any)
	if !ok {
		return v
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, ",")
}

// envName turns GRANTLEDGER_HTTP_LISTEN into http.listen; the token is no setting.
func envName(k, v string) (string, any) {
	if k == "GRANTLEDGER_TOKEN" {
		return "", nil
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(k, "GRANTLEDGER_"), "_", ".")), v
}

// loadFile reads the configuration file, if there is one, and says which.
func (c *console) loadFile() (k *koanf.Koanf, path string, err error) {
	k = koanf.New(".")
	paths := []string{"grantledger.yaml", "/etc/grantledger/grantledger.yaml"}
	if c.config != "" {
		paths = []string{c.config}
	}
	for _, path = range paths {
		err := k.Load(file.Provider(path), yaml.Parser())
		if errors.Is(err, fs.ErrNotExist) && c.config == "" {
			continue
		}
		if err != nil {
			return nil, path, usagef("configuration %s: %w", path, err)
		}
		return k, path, nil
	}
	return k, "", nil
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
	for _, s := range settings {
		if err := checkForm(s, fmt.Sprint(k.Get(s.name))); err != nil {
			return err
		}
	}
	if err := validateHTTP(k); err != nil {
		return err
	}
	switch mode := k.String("store.mode"); {
	case mode != "embedded" && mode != "nats":
		return usagef("store.mode %s: embedded or nats", mode)
	case mode == "nats" && k.String("nats.urls") == "":
		return usagef("store.mode nats needs nats.urls")
	case (k.String("nats.tls.cert") == "") != (k.String("nats.tls.key") == ""):
		return usagef("nats.tls.cert and nats.tls.key go together")
	}
	if k.Duration("seal.every") < 100*time.Millisecond {
		return usagef("seal.every: at least 100ms")
	}
	if err := validateWitnesses(list(k.String("seal.witnesses"))); err != nil {
		return err
	}
	if !ledgerName.MatchString(k.String("ledger.name")) {
		return usagef("ledger.name %q is not [a-z][a-z0-9-]{0,31}", k.String("ledger.name"))
	}
	if !originForm.MatchString(k.String("ledger.origin")) {
		return usagef("ledger.origin %q is no origin like ledger.example.cn/grants", k.String("ledger.origin"))
	}
	if err := new(slog.Level).UnmarshalText([]byte(k.String("log.level"))); err != nil {
		return usagef("log.level %s is not debug, info, warn or error", k.String("log.level"))
	}
	if !slices.Contains([]string{"", "json", "text"}, k.String("log.format")) {
		return usagef("log.format %s is not json or text", k.String("log.format"))
	}
	return nil
}

var (
	ledgerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	originForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}(/[a-z0-9][a-z0-9._-]{0,63}){1,3}$`) // FORMAT.md
)

// checkForm holds a value to the type of its default.
func checkForm(s setting, text string) error {
	var err error
	switch s.value.(type) {
	case bool:
		_, err = strconv.ParseBool(text)
	case int:
		_, err = strconv.ParseUint(text, 10, 31)
	case time.Duration:
		var d time.Duration
		if d, err = time.ParseDuration(text); err == nil && d <= 0 {
			err = errors.New("not above zero")
		}
	}
	if err != nil {
		return usagef("%s: %q has not the form of %v", s.name, text, s.value)
	}
	return nil
}

func validateHTTP(k *koanf.Koanf) error {
	cert, key := k.String("http.tls.cert"), k.String("http.tls.key")
	if (cert == "") != (key == "") {
		return usagef("http.tls.cert and http.tls.key go together")
	}
	for _, name := range []string{"http.listen", "http.adminlisten"} {
		address := k.String(name)
		if address == "" && name != "http.listen" {
			continue
		}
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return usagef("%s: %w", name, err)
		}
		ip := net.ParseIP(host)
		local := host == "localhost" || ip != nil && ip.IsLoopback()
		if !local && cert == "" && !k.Bool("http.behindproxy") {
			return usagef("%s %s is no loopback address: it needs http.tls.cert and http.tls.key, or http.behindproxy", name, address)
		}
	}
	_, err := proxies(k)
	return err
}

// proxies are the addresses and networks of http.trustedproxies.
func proxies(k *koanf.Koanf) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list(k.String("http.trustedproxies")) {
		if ip, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, usagef("http.trustedproxies: %q is no address or network", text)
		}
		out = append(out, network)
	}
	return out, nil
}

func (c *console) configuration() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "查看或检查配置 / show or check the configuration"}
	cmd.AddCommand(c.natsRights(), &cobra.Command{
		Use: "print", Short: "各项设置的当前值与来源 / each value in force and where it came from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			k, err := c.settingsFrom(map[string]any{})
			if err != nil {
				return err
			}
			values := make(map[string]map[string]any, len(settings))
			for _, s := range settings {
				value := k.Get(s.name)
				if d, ok := value.(time.Duration); ok {
					value = d.String()
				}
				values[s.name] = map[string]any{"value": value, "origin": c.origins[s.name]}
				if !c.json {
					fmt.Fprintf(c.out, "%-22s %-26v %-12s %s\n", s.name, value, c.origins[s.name], s.about)
				}
			}
			if c.json {
				c.write(values)
			}
			return nil
		},
	}, &cobra.Command{
		Use: "check", Short: "检查配置是否可用 / say whether the configuration can be used", Args: cobra.NoArgs,
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
