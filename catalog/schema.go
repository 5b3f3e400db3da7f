package catalog

// steps make a catalogue of each version from the one before. One that was
// released never changes: testdata has a file of each version.
func steps() []string { return []string{first, second, third} }

// first is version 1. Times are seconds since 1970, 0 for none.
//
// A fact is what this person's machine holds true of a document: name,
// description, tags (with a space between them), choice, removed. Its change is
// the number of the change by which it was said here; 0: a repository said it.
// heard is what a repository says of the same, and the number of the last
// change that it was told: what it was not told is pending.
const first = `
create table machine (id text not null, changes integer not null) strict;
insert into machine values (lower(hex(randomblob(16))), 0);

create table document (
	id integer primary key,
	kind text not null, server text not null, name text not null,
	base text not null,
	address text not null,
	added integer not null,
	unique (kind, server, name)
) strict;
create table alias (
	kind text not null, server text not null, name text not null,
	document integer not null references document on delete cascade,
	primary key (kind, server, name)
) strict, without rowid;
create table fact (
	document integer not null references document on delete cascade,
	name text not null, value text not null, change integer not null,
	primary key (document, name)
) strict, without rowid;
create table heard (
	document integer not null references document on delete cascade,
	repository text not null,
	name text not null, value text not null, told integer not null,
	primary key (document, repository, name)
) strict, without rowid;
create table state (
	document integer not null references document on delete cascade,
	repository text not null,
	state text not null, versions integer not null, newest integer not null, checked integer not null,
	title text not null, suspect text not null, expires text not null,
	primary key (document, repository)
) strict, without rowid;
create table origin (
	document integer not null references document on delete cascade,
	browser text not null, profile text not null, kind text not null, file text not null,
	first integer not null, last integer not null, visits integer not null, titles text not null,
	primary key (document, browser, profile, kind, file)
) strict, without rowid;
create index alias_of on alias (document);
create index said on fact (name, change);

create table run (
	id integer primary key,
	configuration text not null,
	started integer not null, ended integer not null,
	ending text not null,
	saved integer not null, unchanged integer not null, missing integer not null, failed integer not null, suspect integer not null
) strict;
create index run_of on run (configuration, started);
create table failure (
	run integer not null references run on delete cascade,
	kind text not null, subject text not null, since integer not null,
	primary key (run, kind, subject)
) strict, without rowid
`

// second is version 2: when versions were saved, as Moments, the names of two of them,
// and whether a run was of documents that somebody named.
const second = `
alter table state add column saved text not null default '';
alter table state add column version text not null default '';
alter table state add column sound text not null default '';
alter table run add column named integer not null default 0
`

// third is version 3: what a run did for each server, each repository and each document
// that was not as before, why something failed, and how each mirror was brought up to date
// last.
const third = `
alter table failure add column error text not null default '';
alter table failure add column said text not null default '';
create table served (
	run integer not null references run on delete cascade,
	kind text not null, base text not null,
	saved integer not null, unchanged integer not null, missing integer not null, failed integer not null, remaining integer not null,
	primary key (run, kind, base)
) strict, without rowid;
create table stored (
	run integer not null references run on delete cascade,
	repository text not null, bytes integer not null,
	primary key (run, repository)
) strict, without rowid;
create table looked (
	run integer not null references run on delete cascade,
	kind text not null, base text not null, name text not null,
	outcome text not null, suspect text not null,
	primary key (run, kind, base, name)
) strict, without rowid;
create index looked_at on looked (name);
create table mirrored (
	mirror text primary key, -- as people see it
	ended integer not null,
	documents integer not null, written integer not null, removed integer not null,
	error text not null, said text not null
) strict, without rowid
`
