package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grantledger/eventstore"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
)

// natsConfig is the external NATS server of store.mode nats.
type natsConfig struct {
	eventstore.External
	replicas int
}

// natsOf reads the settings; nil when the store is embedded.
func natsOf(k *koanf.Koanf) *natsConfig {
	if k.String("store.mode") != "nats" {
		return nil
	}
	return &natsConfig{
		External: eventstore.External{
			URLs: list(k.String("nats.urls")), CredsFile: k.String("nats.credsfile"),
			CA: k.String("nats.tls.ca"), Cert: k.String("nats.tls.cert"), Key: k.String("nats.tls.key"),
		},
		replicas: k.Int("nats.replicas"),
	}
}

// catchUp is how often an idle writer looks for what other servers stored: on
// an external server there may be some.
func (c *natsConfig) catchUp() time.Duration {
	if c == nil {
		return 0
	}
	return time.Second
}

// natsRights prints the rights of the service on an external server, for the
// server's configuration file; with --create an administrator makes the
// streams, which the service may not.
func (c *console) natsRights() *cobra.Command {
	var create bool
	var creds string
	cmd := &cobra.Command{
		Use: "nats", Short: "外部 NATS 服务器所需的权限 / the service's rights on an external NATS server, for its configuration file", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := c.settingsFrom(map[string]any{})
			if err != nil {
				return err
			}
			if create {
				return c.provision(cmd.Context(), k, creds)
			}
			rights := eventstore.RightsOf(k.String("ledger.name"))
			if c.json {
				c.write(map[string]any{"publish": rights.Publish, "subscribe": rights.Subscribe})
				return nil
			}
			_, err = fmt.Fprint(c.out, natsAdvice, rights.Format())
			return err
		},
	}
	cmd.Flags().BoolVar(&create, "create", false, "make the streams and stores, with an administrator's credentials")
	cmd.Flags().StringVar(&creds, "credsfile", "", "the administrator's credentials")
	return cmd
}

// natsAdvice stands before the rights.
const natsAdvice = `# 服务账户的权限；服务器必须设置 sync_interval: always。流由管理员用 config nats --create 建立。
# Rights of the service. The server must run with sync_interval: always; an administrator makes the streams with
# config nats --create --credsfile FILE. The service can append and read, and take nothing out:
#
#   jetstream { store_dir: "/var/lib/nats", sync_interval: always }
#   authorization { users: [ { nkey: "U…", permissions { … as below … } } ] }
#
`

func (c *console) provision(ctx context.Context, k *koanf.Koanf, creds string) error {
	n := natsOf(k)
	if n == nil || creds == "" {
		return usagef("--create needs store.mode nats, and --credsfile of an administrator")
	}
	n.CredsFile = creds
	conn, err := n.Connect()
	if err != nil {
		return coded{exitUnreachable, err}
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := eventstore.Provision(ctx, conn, k.String("ledger.name"), n.replicas); err != nil {
		return errors.Join(errors.New("make the streams"), err)
	}
	if c.json {
		c.write(map[string]any{"ok": true})
		return nil
	}
	c.say("ok")
	return nil
}
