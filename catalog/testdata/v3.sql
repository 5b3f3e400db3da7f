-- A catalogue as version 2 made it. It never changes.
pragma application_id = 1885430899;
pragma journal_mode = wal;
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
	title text not null, suspect text not null, expires text not null, saved text not null default '', version text not null default '', sound text not null default '',
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
	saved integer not null, unchanged integer not null, missing integer not null, failed integer not null, suspect integer not null, named integer not null default 0
) strict;
create index run_of on run (configuration, started);
create table failure (
	run integer not null references run on delete cascade,
	kind text not null, subject text not null, since integer not null,
	primary key (run, kind, subject)
) strict, without rowid
;
update machine set changes = 3;
insert into document values (1, 'etherpad', 'pad.example.org', 'ag', 'https://pad.example.org', '', 1790000000);
insert into alias values ('etherpad', 'pad.example.org', 'AG', 1);
insert into fact values (1, 'name', 'Assemblée générale', 1), (1, 'tags', 'budget œuvre', 2), (1, 'choice', 'automatic', 3);
insert into heard values (1, '0123456789abcdef0123456789abcdef', 'name', 'Assemblée générale', 1);
insert into state values (1, '0123456789abcdef0123456789abcdef', 'current', 2, 1790000000, 1790000000, '', '', '', 'tlpfhc tlpwu8', 'b', 'a');
insert into origin values (1, 'firefox', 'default', 'bookmark', '', 1780000000, 1790000000, 3, 'AG');
insert into run values (1, '/home/a/.config/padsync/padsync.toml', 1790000000, 1790000060, '', 1, 2, 0, 1, 0, 0);
insert into failure values (1, 'server', 'https://pad.example.org', 1789000000);

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
) strict, without rowid;
insert into mirrored values ('/home/a/pages', 1790000060, 1, 2, 0, '', '');
insert into served values (1, 'etherpad', 'https://pad.example.org', 1, 2, 0, 1, 0);
insert into stored values (1, '/home/a/copies', 4096);
insert into looked values (1, 'etherpad', 'https://pad.example.org', 'ag', 'saved', '');
pragma user_version = 3;
