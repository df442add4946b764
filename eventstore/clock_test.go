package eventstore

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestStamperCounts(t *testing.T) {
	at := time.Date(2024, 3, 5, 1, 0, 0, 0, time.UTC)
	random := append(bytes.Repeat([]byte{0xFF}, 9), 0xFE)
	s := stamper{random: bytes.NewReader(append(random, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))}
	want := []string{
		"01HR61ZRM0ZZZZZZZZZZZZZZZY",
		"01HR61ZRM0ZZZZZZZZZZZZZZZZ", // one more
		"01HR61ZRM1041061050R3GG28A", // the random part is used up: the next millisecond
		"01HR61ZRM1041061050R3GG28B", // and time does not go back to the clock
	}
	for i, w := range want {
		id, err := s.next(at)
		if err != nil || id.String() != w {
			t.Errorf("id %d is %s, expected %s, error %v", i, id, w, err)
		}
	}
	if _, err := s.next(at.Add(time.Second)); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("an id without randomness: %v", err)
	}
}
