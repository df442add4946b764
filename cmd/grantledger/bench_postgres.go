package main

import (
	"os"
	"strings"

	"grantledger/projections/postgres"
	"grantledger/projections/postgres/pgserver"
)

// benchConns is enough for 16 clients beside the follow loop.
const benchConns = 20

// benchSettings gives the server named in a file, or starts one; closed ends
// what was started. The error is pgserver.ErrNone where there is none to start.
func benchSettings(urlFile string) (s postgres.Settings, closed func(), err error) {
	s.MaxConns = benchConns
	if urlFile != "" {
		url, err := os.ReadFile(urlFile)
		if err != nil {
			return s, nil, usagef("--postgres-url-file: %w", err)
		}
		s.URL = strings.TrimSpace(string(url))
		return s, func() {}, nil
	}
	server, err := pgserver.Start()
	if err != nil {
		return s, nil, err
	}
	s.URL = server.URL()
	return s, server.Remove, nil
}
