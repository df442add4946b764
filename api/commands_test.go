package api

import "testing"

// TestCommand is section 4 and 5 of the interface on the scenario lifecycle,
// where it stands before its command 48.
func TestCommand(t *testing.T) {
	newFixture(t, Config{}).tell("lifecycle", "lifecycle-0048").play(t, "command.txt")
}
