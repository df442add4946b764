package projtest

import "testing"

func testStory(t *testing.T, open Open, name string) {}
