#!/usr/bin/env python3
"""Lists the documents of a padsync repository, and extracts their files.

Written from docs/format.md alone, which explains the words. README.md says how to run it.
"""
import argparse, base64, functools, hashlib, json, os, re, subprocess, sys, tempfile, unicodedata
from collections import Counter

LIMIT = 256 << 20  # bytes of an object, of a list or of a file, each of which is held in memory
ID = r"\d{10}-\d{8}T\d{6}Z-[0-9a-f]{16}"
KEY = re.compile(rf"((manifests|checkpoints)/{ID}\.json|parts/[0-9a-f]{{64}}\.json|packs/[0-9a-f]{{64}}\.tar)\.zst(\.age)?", re.A)

# The keys of each object in their order: "?" may be left out and is never empty, "*" may be left out. A text
# is of any form, or of the one here; a list has items of one form.
HEX = [re.compile(f"[0-9a-f]{{{digits}}}") for digits in (16, 32, 64)]
TIME, NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.A), re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{16}", re.A)
STATE, ENDED = re.compile("current|missing|failed|erased"), re.compile("signal|limit|error")
TEXT, FILE_NAME, IDS = re.compile(".+", re.S), re.compile(r"(?!\.\.?\Z)[^/\0]+"), [re.compile(ID, re.A)]
HEAD = {"format": str, "version": int, "id": HEX[1], "created": TIME, "sealed": bool}
PLACE = {"pack": int, "frame": [int], "offset": int}
PIECE = {"length": int, "sha256": HEX[2], "in?": {"version": NAME} | PLACE}
HISTORY = {"offset": int, "recipients?": HEX[2], "stored?": HEX[2], "pieces": [PIECE]}
FILE = {"name": FILE_NAME, "format": str, "size": int, "sha256": HEX[2]} | PLACE | {"history?": HISTORY}
SAID = {"name*": str, "tags*": [str], "description*": str, "removed*": bool,
        "choices?": [{"machine": TEXT, "choice": str, "told*": int}], "told?": [int]}
VERSION = {"version": NAME, "saved?": TIME, "recovered?": bool, "revision?": str, "modified?": TIME, "title?": str, "facts*": dict,
           "validator*": str, "suspect*": str, "public*": bool, "files?": [FILE], "told?": [int]}
DOCUMENT = {"source": int, "id": TEXT, "state?": STATE, "error?": str, "checked?": TIME, "told*": int,
            "withheld?": {"since": TIME, "key": str}, "said?": SAID, "versions?": [VERSION]}
PART = {"format": str, "version": int, "documents": [DOCUMENT]}
MANIFEST = {"format": str, "version": int, "repository": HEX[1], "sequence": int, "run": str, "resumes?": [str], "started": TIME,
            "finished": TIME, "complete": bool, "ended?": ENDED, "before?": IDS, "repairs?": IDS, "includes?": IDS, "gone?": IDS,
            "told?": IDS, "condemned?": [str], "program": str, "host": str, "recipients?": [str], "lost?": [HEX[0]],
            "sources": [{"kind": TEXT, "url": TEXT, "name?": str}], "packs": [{"key": KEY, "size": int, "recipients?": [HEX[0]]}],
            "parts?": [{"key": KEY, "size": int}], "documents": [DOCUMENT]}


class Damaged(Exception):
    pass


def need(true, why):
    if not true:
        raise Damaged(why)


def fits(value, shape):
    if isinstance(shape, list):
        return type(value) is list and all(fits(v, shape[0]) for v in value)
    if isinstance(shape, dict):
        keys = {key.rstrip("?*"): key for key in shape}
        return (type(value) is dict and list(value) == [name for name, key in keys.items() if name in value or name == key]
                and all(fits(v, shape[keys[name]]) and (v or "?" not in keys[name]) for name, v in value.items()))
    if isinstance(shape, re.Pattern):
        return type(value) is str and shape.fullmatch(value) and len(value.encode()) <= 4096
    return type(value) is shape and (shape is not int or value >= 0)


def decode(data, shape, format, end="\n"):
    """Reads JSON that has this shape in the one encoding."""
    try:
        value = json.loads(data)
        if type(value) is dict and value.get("format") == format and value.get("version") not in (None, 1):
            sys.exit(f"reader: a {format} is of a version that this reader does not know")
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        need((text + end).encode() == data and fits(value, shape) and (value["format"], value["version"]) == (format, 1), f"not a {format}")
        return value
    except (ValueError, RecursionError):
        raise Damaged("not JSON")


def pipe(data, *command):
    """Gives what a command makes of data, and ends it when that is too much."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE) as process:
            made = process.stdout.read(LIMIT + 1)
            process.kill() if len(made) > LIMIT else process.wait()
    need(process.returncode == 0, command[0] + " cannot read it")
    return made


def unzstd(data, window):
    return pipe(data, "zstd", "-q", "-d", "-c", "--memory=" + window)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def percent(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def escape(name):
    stem, ending = re.fullmatch(r"(.+?)(\.[a-z0-9]{1,10})?", name, re.S).groups("")
    safe = [c if c in ".-_ ,=@()" or unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd" else percent(c)
            for c in unicodedata.normalize("NFC", stem)]
    if safe[0] in ".- " or re.match(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])( *\.|\Z)", stem, re.I):
        safe[0] = percent(stem[0])
    if safe[-1] in ". ":
        safe[-1] = percent(safe[-1])
    whole = short = "".join(safe)
    if len(whole.encode()) > 120:
        parts = re.findall("%..|.", whole)
        while len("".join(parts).encode()) > 80:
            parts.pop()
        short = "".join(parts).rstrip(". ")
    folded = [(c.upper() if len(c.upper()) == 1 else c).lower() for c in name]
    alone = short == whole and unicodedata.is_normalized("NFC", name) and folded == list(name)
    return short + ("" if alone else "~" + sha256(name.encode())[:16]) + ending


def mend(text, most, drop=""):
    """Gives what somebody said as it may be shown."""
    text = re.sub("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)
    text = "".join(" " if c in "\u2028\u2029" or unicodedata.category(c) == "Cc" else c for c in text)
    return re.sub(drop, "", text)[:most]


def can_say(said, told):
    """Refuses more than one can say."""
    machines = [choice["machine"] for choice in said.get("choices", [])]
    need(not any(len(text.encode()) > 4096 for text in [said.get("name", "")] + said.get("tags", [])), "a name or a tag that is too long")
    need(len(said.get("description", "").encode()) <= 1 << 20 and len(said.get("tags", [])) <= 256 and len(machines) <= 256, "too much is said")
    need(machines == sorted(set(machines), key=str.encode) and not any(len(m.encode()) > 200 for m in machines), "choices that are not in order")
    need(all(len(c["choice"].encode()) <= 200 and ("told" not in c or c["told"] in told) for c in said.get("choices", [])), "a choice that cannot be")
    need("told" not in said or len(said["told"]) == 4 and all(t in told for t in said["told"]), "a fact that nobody told")


def places(file):
    return [file] + [piece["in"] for piece in file.get("history", {"pieces": []})["pieces"] if "in" in piece]


def check(log):
    """Refuses what refers to nothing, or is not in order."""
    sources = [(s["kind"], s["url"].partition("://")[2]) for s in log["sources"]]
    documents = [(d["source"], d["id"]) for d in log["documents"]]
    told, packs = range(len(log.get("told", []))), range(len(log["packs"]))
    need(log["sequence"] and not ("ended" in log and log["complete"]), "a run that cannot be")
    need(sources == sorted(set(sources)) and documents == sorted(set(documents)), "not in order")
    for d in log["documents"]:
        need(d["source"] < len(sources) and ("told" not in d or d["told"] in told), "a document of nowhere")
        can_say(d.get("said", {}), told)
        for v in d.get("versions", []):
            need("saved" in v or "recovered" not in v, "a recovered version that is not told whole")
            need("told" not in v or len(v["told"]) == 4 + ("public" in v) and all(t in told for t in v["told"]), "a fact that nobody told")
            for f in v.get("files", []):
                need(all(p["pack"] in packs and len(p["frame"]) == 2 for p in places(f)), "a file of nowhere")
                shared = ["in" in piece for piece in f["history"]["pieces"]] if "history" in f else []
                need("history" not in f or 1 <= len(shared) <= 64 and all(piece["length"] for piece in f["history"]["pieces"])
                     and shared == sorted(shared, reverse=True) and any(shared) == ("stored" in f["history"]), "no such history")


class Repository:
    def __init__(self, folder, identity):
        self.folder, self.identity, self.faults = folder, identity, 0
        found = {}  # sizes by key
        for kind in ("manifests", "checkpoints", "parts", "packs"):
            if os.path.isdir(os.path.join(folder, kind)):
                found |= {f"{kind}/{entry.name}": entry.stat().st_size for entry in os.scandir(os.path.join(folder, kind))
                          if KEY.fullmatch(f"{kind}/{entry.name}") and entry.is_file(follow_symlinks=False)}
        head = self.head(found)
        aged = [key.endswith(".age") for key in found]
        self.sealed = head["sealed"] if head else all(aged) or any(aged) and (bool(identity) or 2 * sum(aged) > len(aged))
        if self.sealed and not identity:
            sys.exit("reader: the repository is sealed: give the identity with -i")
        self.objects = {key: size for key, size in found.items() if key.endswith(".age") == self.sealed}
        self.documents = {}
        for id, log in self.logs(head).items():
            self.fold(id, log)

    def report(self, what, why):
        self.faults += 1
        print(f"reader: {what}: {why}", file=sys.stderr)

    def head(self, found):
        try:
            with open(os.path.join(self.folder, "padsync.json"), "rb") as file:
                return decode(file.read(4096).strip(), HEAD, "padsync repository", "")
        except (FileNotFoundError, Damaged):
            if not found:
                sys.exit("reader: there is no repository")
            self.report("padsync.json", "missing or damaged")

    def open(self, key):
        need(self.objects.get(key, LIMIT + 1) <= LIMIT, "missing, or too large")
        with open(os.path.join(self.folder, key), "rb") as file:
            data = file.read(LIMIT)
        name = re.split("[/.]", key)[1]
        need(sha256(data)[:16 if "-" in name else 64] == name.split("-")[-1], "damaged: its key has another hash")
        return pipe(data, "age", "-d", "-i", self.identity) if self.sealed else data

    def log(self, id, key):
        """Reads a manifest, or a checkpoint with its parts."""
        log = decode(unzstd(self.open(key), "256KiB"), MANIFEST, "padsync manifest")
        need(id[:27] == f"{log['sequence']:010}-{re.sub('[-:]', '', log['finished'])}", "its key has another sequence or time")
        if key.startswith("manifests"):
            need(not {"includes", "gone", "told", "parts"} & set(log), "a manifest with what only checkpoints have")
        else:
            need(not log["documents"], "a checkpoint with documents of its own")
            for part in log.get("parts", []):
                log["documents"] += decode(unzstd(self.open(part["key"]), "256KiB"), PART, "padsync part")["documents"]
        check(log)
        return log

    def logs(self, head):
        """Gives, by their ids, the manifests and checkpoints that count."""
        stored = {re.search(ID, key)[0]: key for key in self.objects if key[0] in "mc"}
        logs, damaged = {}, {}
        for id, key in sorted(stored.items()):
            try:
                logs[id] = self.log(id, key)
            except (Damaged, OSError) as e:
                damaged[id] = e
        if stored and not logs:
            for id, why in damaged.items():
                self.report(stored[id], why)
            sys.exit("reader: no manifest can be read: they are damaged, or sealed to somebody else")
        carried = Counter(log["repository"] for log in logs.values())
        repository = head["id"] if head or not carried else carried.most_common(1)[0][0]
        if len(carried) == 1 and repository not in carried:
            self.report("padsync.json", "damaged: its id is another one")
            repository = list(carried)[0]
        last = 0
        for id in sorted({*logs, *(i for log in logs.values() for i in log.get("includes", []) + log.get("gone", []))}):
            if id in logs and logs[id]["repository"] != repository:
                self.report(stored[id], "of another repository")
                del logs[id]
            elif int(id[:10]) <= last + 1000000:
                last = int(id[:10])
            elif logs.pop(id, None):
                self.report(stored[id], "its sequence is far above all others")
        replaced = {i for log in logs.values() for i in log.get("includes", []) + log.get("gone", [])}
        logs = {id: log for id, log in logs.items() if id not in replaced}
        for id, why in damaged.items():
            if id not in replaced:
                self.report(stored[id], why)
        named, repaired = ({i for log in logs.values() for i in log.get(key, [])} for key in ("before", "repairs"))
        for id in sorted(named - replaced - repaired - set(stored)):
            self.report(ascii(id), "missing")
        return logs

    def fold(self, id, log):
        """Adds what a manifest tells: each fact has a rank, by who first told it and whether from packs alone."""
        sources, told = [(s["kind"], s["url"].partition("://")[2]) for s in log["sources"]], log.get("told")
        stored = [self.objects.get(pack["key"]) == pack["size"] for pack in log["packs"]]
        for d in log["documents"]:
            document = self.documents.setdefault(sources[d["source"]] + (d["id"],), {"looks": [], "said": {}, "versions": {}})
            if "state" in d:
                document["looks"].append((told[d["told"]] if "told" in d else id, d["state"]))
            for fact, teller, value in facts(d.get("said", {}), lambda place: id if place is None else told[place]):
                document["said"][fact] = max(document["said"].get(fact, ("",)), (teller, value), key=lambda f: f[0])
            for v in d.get("versions", []):
                version = document["versions"].setdefault(v["version"], {"told": [], "suspect": [], "public": [], "files": []})
                tellers = [told[i] for i in v["told"]] if "told" in v else [id] * 5
                ranks = [("recovered" not in v or teller != tellers[0], teller) for teller in tellers]
                if "saved" in v:
                    version["told"].append((not ranks[0][0], ranks[0][1], v))
                if "suspect" in v:
                    version["suspect"].append((ranks[2], v["suspect"]))
                if "public" in v:
                    version["public"].append((ranks[4], v["public"]))
                if "files" in v:
                    counts = all(stored[place["pack"]] for f in v["files"] for place in places(f))
                    version["files"].append((counts, ranks[3], v["files"], log["packs"]))

    def versions(self, document):
        """Gives the versions of a document whose files are stored, the oldest first."""
        found = []
        for name, facts in document["versions"].items():
            if facts["told"] and facts["files"]:
                recovered, first, told = min(facts["told"], key=lambda t: t[:2])
                counts, _, files, packs = max(facts["files"], key=lambda f: f[:2])
                if counts:
                    suspect, public = (max(facts[fact], default=("", none))[1] for fact, none in (("suspect", ""), ("public", False)))
                    found.append(((not recovered, "" if recovered else first, name), {"version": name, "title": told.get("title", ""),
                                 "text": told.get("facts", {}).get("text"), "suspect": suspect, "public": public, "files": files, "packs": packs}))
                else:
                    self.report("version " + name, "its packs are missing, or of another size")
        return [version for _, version in sorted(found, key=lambda f: f[0])]

    def said(self, key, document):
        """Gives what people say of a document, as it may be shown, and its state."""
        said = {"name": "", "tags": [], "description": "", "removed": False} | {fact: f[1] for fact, f in document["said"].items() if type(fact) is str}
        choices = {fact[0]: f for fact, f in document["said"].items() if type(fact) is tuple}
        last = sorted(choices, key=lambda machine: (choices[machine][0], machine.encode()), reverse=True)[:256]
        tags = list(dict.fromkeys(mend(tag, 40, r"\s") for tag in said["tags"]))
        if self.sealed and said["description"]:
            try:
                said["description"] = pipe(base64.b64decode(said["description"], validate=True), "age", "-d", "-i", self.identity).decode(errors="ignore")
            except (Damaged, ValueError) as e:
                self.report("the description of " + ascii(key[2]), e)
                said["description"] = ""
        look, state = max(document["looks"], default=("", ""))
        had = any(facts["told"] and facts["files"] for facts in document["versions"].values())
        if said["removed"] and document["said"]["removed"][0] > look and not had and state != "erased":
            state = "removed"
        return {"name": mend(said["name"], 200), "tags": [tag for tag in tags if tag][:30], "description": mend(said["description"], 4000),
                "choices": {m: choices[m][1] for m in sorted(last) if choices[m][1] in ("automatic", "manual", "ignored") and mend(m, 200) == m}}, state

    @functools.lru_cache(maxsize=2)
    def pack(self, key):
        return self.open(key)

    @functools.lru_cache(maxsize=2)
    def frame(self, key, offset, length):
        data = self.pack(key)[offset:offset + length]
        need(len(data) == length, "a frame behind the end of its pack")
        return unzstd(data, "8MiB")

    def stored(self, packs, place, length):
        data = self.frame(packs[place["pack"]]["key"], *place["frame"])[place["offset"]:place["offset"] + length]
        need(len(data) == length, "a file behind the end of its frame")
        return data

    def content(self, file, packs):
        """Gives a file's bytes, joined from the pieces of its history."""
        history = file.get("history", {"offset": 0, "pieces": []})
        at, shared = history["offset"], [piece for piece in history["pieces"] if "in" in piece]
        own = file["size"] - sum(piece["length"] for piece in shared)
        need(at <= own and file["size"] <= LIMIT, "too large, or smaller than its pieces")
        data = self.stored(packs, file, own)
        need(not shared or sha256(data) == history["stored"], "damaged")
        data = data[:at] + b"".join(self.stored(packs, piece["in"], piece["length"]) for piece in shared) + data[at:]
        for piece in history["pieces"]:
            need(sha256(data[at:at + piece["length"]]) == piece["sha256"], "a piece is damaged")
            at += piece["length"]
        need(at <= len(data) and sha256(data) == file["sha256"], "damaged")
        return data

    def extract(self, out, key, version):
        folder = os.path.join(out, escape(key[1]), escape(key[2]), version["version"])
        os.makedirs(folder)
        for number, file in enumerate(version["files"], 1):
            try:
                content = self.content(file, version["packs"])
                with open(os.path.join(folder, escape(file["name"])), "xb") as target:
                    target.write(content)
            except (Damaged, OSError) as e:
                self.report(f"file {number} of version {version['version']}", e)


def facts(said, teller):
    """Gives each fact of what is said: its name (of a choice, its machine in a tuple), who told it, and what."""
    for place, fact in enumerate(("name", "tags", "description", "removed")):
        if fact in said:
            yield fact, teller(said["told"][place] if "told" in said else None), said[fact]
    for choice in said.get("choices", []):
        yield (choice["machine"],), teller(choice.get("told")), choice["choice"]


def given(versions):
    """Gives the name of the version that restoring gives."""
    sound = [v for v in versions if v["suspect"] == ""]
    base = [v for v in versions if v["suspect"] in ("", "compacted")]
    if sound:
        return (sound if base[-1]["text"] == sound[-1]["text"] else base)[-1]["version"]
    return versions[-1]["version"] if versions else None


def main():
    parser = argparse.ArgumentParser(description="Lists the documents of a padsync repository, and extracts their files.")
    parser.add_argument("-i", metavar="FILE", dest="identity", help="the identity that opens a sealed repository")
    parser.add_argument("repository", help="the folder with padsync.json")
    parser.add_argument("out", nargs="?", help="a folder to be made for the files")
    parser.add_argument("id", nargs="?", help="only the documents with this id")
    args = parser.parse_intermixed_args()
    repository = Repository(args.repository, args.identity)
    if args.out:
        try:
            os.mkdir(args.out, 0o700)
        except OSError as e:
            sys.exit(f"reader: {e}")
    for key, document in sorted(repository.documents.items()):
        if args.id not in (None, key[2]):
            continue
        versions = repository.versions(document)
        said, state = repository.said(key, document)
        state = state or ("current" if versions else "")
        if state or document["said"]:
            print(json.dumps({"kind": key[0], "source": key[1], "id": key[2], "state": state, "said": said, "restore": given(versions), "versions": [
                {"version": v["version"], "title": v["title"], "suspect": v["suspect"], "public": v["public"],
                 "files": [{k: f[k] for k in ("name", "size", "sha256")} for f in v["files"]]} for v in versions]}))
        for version in versions if args.out else []:
            repository.extract(args.out, key, version)
    sys.exit(1 if repository.faults else 0)


if __name__ == "__main__":
    main()
