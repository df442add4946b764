package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"grantledger/eventstore"
	"grantledger/projections/postgres"

	"github.com/knadh/koanf/v2"
	"golang.org/x/sync/errgroup"
)

// postgresOf reads the settings; nil when the read model is in memory.
func postgresOf(k *koanf.Koanf) (*postgres.Settings, error) {
	path := k.String("postgres.urlfile")
	if path == "" {
		return nil, nil
	}
	url, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("postgres.urlfile: %w", err)
	}
	if strings.TrimSpace(string(url)) == "" {
		return nil, usagef("postgres.urlfile: %s is empty", path)
	}
	if k.Int("postgres.maxconns") < 2 {
		return nil, usagef("postgres.maxconns: at least 2")
	}
	return &postgres.Settings{URL: strings.TrimSpace(string(url)), MaxConns: k.Int("postgres.maxconns")}, nil
}

// askTime is how long a start waits for PostgreSQL's progress.
const askTime = 5 * time.Second

// progressOf gives the start check of read models the progress in PostgreSQL.
// A server that is away is no fault: the log goes on without it.
func progressOf(s *postgres.Settings, alarms *slog.Logger) func(context.Context) ([]eventstore.Progress, error) {
	if s == nil {
		return nil
	}
	return func(ctx context.Context) ([]eventstore.Progress, error) {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		position, err := postgres.Stored(ctx, *s)
		if err != nil {
			alarms.Warn("PostgreSQL is away: commands are taken, queries wait for it", "error", err)
			return nil, nil
		}
		return []eventstore.Progress{{Name: "postgres", Position: position}}, nil
	}
}

// openModel makes the read model that the settings ask for and runs it in the
// group. close lets its connections go, after the group has ended.
func (s *service) openModel(group *errgroup.Group, reading context.Context) (closed func(), err error) {
	if s.postgres == nil {
		model := s.node.model
		s.model, s.begun = model, model.Wait
		group.Go(func() error { return unlessEnded(reading, model.Run(reading)) })
		return func() {}, nil
	}
	model, err := postgres.New(s.node.log, *s.postgres)
	if err != nil {
		return nil, usage(err)
	}
	s.model, s.begun = model, model.Begin
	group.Go(func() error { return unlessEnded(reading, differing(model.Run(reading))) })
	return model.Close, nil
}

// differing makes tables that are not of this log a failure of integrity.
func differing(err error) error {
	if errors.Is(err, postgres.ErrFork) || errors.Is(err, postgres.ErrOtherLog) {
		return &eventstore.IntegrityError{Check: eventstore.CheckReadModels, Reason: err.Error() + "; grantledger rebuild --read-model postgres makes it new"}
	}
	return err
}
