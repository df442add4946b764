package eventstore

import (
	"fmt"
	"strings"
)

// Rights are the subjects that the service may publish on, and subscribe to, on an external NATS server: append to both
// streams and read them, and use the stores beside the log. It may not make, change, purge or delete a stream of the
// ledger, nor delete a message: neither a stolen credential nor our own mistake can then take anything out of the log.
type Rights struct {
	Publish, Subscribe []string
}

// RightsOf gives the rights for a ledger.
func RightsOf(ledger string) Rights {
	r := Rights{Subscribe: []string{"_INBOX.>"}}
	for _, stream := range []string{blocksStream(ledger), sealsStream(ledger)} {
		r.Publish = append(r.Publish, subjectOf(stream))
		r.Publish = append(r.Publish, reading(stream)...)
	}
	bucket, files := "ledger_"+ledger+"_private", "ledger_"+ledger+"_files"
	r.Publish = append(r.Publish, "$KV."+bucket+".>", "$O."+files+".>")
	r.Publish = append(r.Publish, reading("KV_"+bucket)...)
	r.Publish = append(r.Publish, reading("OBJ_"+files)...)
	r.Publish = append(r.Publish,
		"$JS.API.DIRECT.GET.KV_"+bucket, "$JS.API.DIRECT.GET.KV_"+bucket+".>", "$JS.API.DIRECT.GET.OBJ_"+files, "$JS.API.DIRECT.GET.OBJ_"+files+".>",
		"$JS.API.STREAM.PURGE.OBJ_"+files, // a file is deleted by purging its pieces
		"$JS.API.STREAM.NAMES",
	)
	return r
}

// reading are the requests by which a stream is read: its state, single messages, and consumers that end with their reader.
func reading(stream string) []string {
	return []string{
		"$JS.API.STREAM.INFO." + stream,
		"$JS.API.STREAM.MSG.GET." + stream,
		"$JS.API.CONSUMER.CREATE." + stream,
		"$JS.API.CONSUMER.CREATE." + stream + ".>",
		"$JS.API.CONSUMER.INFO." + stream + ".*",
		"$JS.API.CONSUMER.DELETE." + stream + ".*",
		"$JS.API.CONSUMER.MSG.NEXT." + stream + ".*",
		"$JS.FC." + stream + ".>",
		"$JS.ACK." + stream + ".>",
	}
}

// Format writes the rights as the permissions of a user in a NATS server's configuration file.
//
//	permissions {
//	  publish { allow: ["ledger.main.blocks", …] }
//	  subscribe { allow: ["_INBOX.>"] }
//	}
func (r Rights) Format() string {
	var b strings.Builder
	list := func(name string, subjects []string) {
		fmt.Fprintf(&b, "  %s { allow: [\n", name)
		for _, s := range subjects {
			fmt.Fprintf(&b, "    %q\n", s)
		}
		b.WriteString("  ] }\n")
	}
	b.WriteString("permissions {\n")
	list("publish", r.Publish)
	list("subscribe", r.Subscribe)
	b.WriteString("}\n")
	return b.String()
}
