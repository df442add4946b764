package api

import (
	"strings"
	"testing"
)

// TestCommand is section 4 and 5 of the interface on the scenario lifecycle,
// where it stands before its command 48.
func TestCommand(t *testing.T) {
	newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048").play(t, "command.txt")
}

// TestApproval takes a proposal through its two steps.
func TestApproval(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "lifecycle-0035")
	must(t, f.server.SetName(t.Context(), "clerk-1", "经办一"))
	f.play(t, "approval.txt")
}

// TestList sends lists of commands in both modes.
func TestList(t *testing.T) {
	newFixture(t, Config{}).tell("lifecycle", "lifecycle-0035").play(t, "list.txt")
}

// TestBatchTooLarge sends one command more than a list may hold.
func TestBatchTooLarge(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue("admin-1")
	row := `{"command":"allocate","key":"k","data":{}}`
	body := `{"commands":[` + strings.Repeat(row+",", 500) + row + `]}`
	status(t, f.send("POST", "/api/v1/commands?mode=atomic", "admin-1", body), 422, "batch_too_large")
	status(t, f.send("POST", "/api/v1/commands?mode=atomic", "admin-1", `{"commands":["`+strings.Repeat("x", 4<<20)+`"]}`), 413, "body_too_large")
	status(t, f.run("admin-1", "allocate", "k", `{"memo":"`+strings.Repeat("x", 256<<10)+`"}`), 413, "body_too_large")
}
