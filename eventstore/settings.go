package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const sealsSuffix = "_SEALS"

// blocksStream is LEDGER_<NAME>.
func blocksStream(ledger string) string { return "LEDGER_" + strings.ToUpper(ledger) }

// sealsStream is LEDGER_<NAME>_SEALS.
func sealsStream(ledger string) string { return blocksStream(ledger) + sealsSuffix }

// subjectOf is the one subject of a stream: ledger.<name>.blocks or ledger.<name>.seals.
func subjectOf(stream string) string {
	name := strings.TrimPrefix(stream, "LEDGER_")
	if seals, ok := strings.CutSuffix(name, sealsSuffix); ok {
		return "ledger." + strings.ToLower(seals) + ".seals"
	}
	return "ledger." + strings.ToLower(name) + ".blocks"
}

// validName holds for a ledger name: [a-z][a-z0-9-]{0,31}.
func validName(name string) bool {
	if name == "" || len(name) > 32 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// settings are those that section 1 of the record format fixes. The duplicate window is the server's default, written out.
func settings(stream string, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              stream,
		Subjects:          []string{subjectOf(stream)},
		Retention:         jetstream.LimitsPolicy,
		Storage:           jetstream.FileStorage,
		Discard:           jetstream.DiscardNew,
		DenyDelete:        true,
		DenyPurge:         true,
		MaxConsumers:      -1,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: -1,
		MaxMsgSize:        -1,
		Duplicates:        2 * time.Minute,
		Replicas:          replicas,
	}
}

// checkSettings compares all settings that the server names for a stream with those asked for, also such as this client
// does not know; exists is false when there is no such stream. The error is an *IntegrityError that names the settings.
func checkSettings(ctx context.Context, conn *nats.Conn, want jetstream.StreamConfig) (exists bool, err error) {
	reply, err := conn.RequestWithContext(ctx, "$JS.API.STREAM.INFO."+want.Name, nil)
	if err != nil {
		return false, fmt.Errorf("look at stream %s: %w", want.Name, err)
	}
	var info struct {
		Config map[string]any
		Error  *jetstream.APIError
	}
	if err := json.Unmarshal(reply.Data, &info); err != nil {
		return false, fmt.Errorf("look at stream %s: %w", want.Name, err)
	}
	if info.Error != nil {
		if info.Error.ErrorCode == jetstream.JSErrCodeStreamNotFound {
			return false, nil
		}
		return false, fmt.Errorf("look at stream %s: %w", want.Name, info.Error)
	}
	expected, err := settingsMap(want)
	if err != nil {
		return false, err
	}
	if names := differences(expected, info.Config); len(names) > 0 {
		return true, &IntegrityError{Check: CheckSettings, Reason: fmt.Sprintf("settings of stream %s differ: %s", want.Name, strings.Join(names, ", "))}
	}
	return true, nil
}

func settingsMap(c jetstream.StreamConfig) (map[string]any, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	m := make(map[string]any)
	return m, json.Unmarshal(b, &m)
}

// differences names the settings that are not the same; absent and zero are. The server's own notes in the metadata, and
// the placement of an external server, say nothing about how messages are kept.
func differences(want, have map[string]any) (names []string) {
	all := maps.Clone(want)
	maps.Copy(all, have)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name == "metadata" || name == "placement" {
			continue
		}
		if w, h := want[name], have[name]; !reflect.DeepEqual(w, h) && !(isZero(w) && isZero(h)) {
			names = append(names, fmt.Sprintf("%s is %v, not %v", name, h, w))
		}
	}
	return names
}

func isZero(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == "" || v == "none" || v == "default"
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !isZero(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// createStream makes a stream that is missing.
func createStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) error {
	_, err := js.CreateStream(ctx, want)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("create stream %s: %w", want.Name, err)
	}
	return nil
}
