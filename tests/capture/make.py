"""Makes the files that tests/capture reads, and what tshark says of them: `files/` and
`expected.json`; and what tools print of some bytes: `spellings.json`. Needed only when they are to change:

    pip install scapy==2.8.0 dpkt==1.9.8; apt-get install tshark; python make.py [folder of captures]

Packets are made by scapy, formats by scapy, dpkt, editcap and mergecap; what no tool writes any
more (simple and obsolete blocks, odd clocks) is written here, and must be read by tshark.
Captures in the given folder are not copied; only what tshark says of them is kept.
"""

import gzip
import json
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import dpkt
from scapy.all import (
    IP, TCP, UDP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, IPOption, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Loopback, Raw, conf, fragment,
    fragment6, wrpcap,
)
from scapy.layers.inet6 import IPv6ExtHdrFragment

HERE = Path(__file__).parent
FILES = HERE / "files"
START = 1_700_000_000.123456789

REQUEST = b"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
RESPONSE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def talk(v6=False, client=49152, isn=(0xFFFFFFC0, 1000)):
    """IP packets of a conversation in which the client's sequence numbers wrap around."""
    a, b = ("2001:db8::1", "2001:db8::2") if v6 else ("192.0.2.1", "192.0.2.2")
    ip = IPv6 if v6 else IP
    seq = list(isn)
    out = []

    def send(side, flags, payload=b""):
        ends = dict(src=a, dst=b) if side == 0 else dict(src=b, dst=a)
        ports = (client, 8080) if side == 0 else (8080, client)
        ack = seq[1 - side] if "A" in flags else 0
        segment = TCP(sport=ports[0], dport=ports[1], seq=seq[side], ack=ack, flags=flags)
        packet = ip(**ends) / segment
        out.append(packet / Raw(payload) if payload else packet)
        step = len(payload) + ("S" in flags) + ("F" in flags)
        seq[side] = (seq[side] + step) & 0xFFFFFFFF

    send(0, "S")
    send(1, "SA")
    send(0, "A")
    send(0, "PA", REQUEST)
    send(1, "PA", RESPONSE + b"\x81\x05Hello")
    send(0, "A")
    send(0, "PA", b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
    send(1, "PA", b"\x82\x7e\x01\x00" + bytes(range(256)))
    send(0, "PA", b"\x88\x80\x01\x02\x03\x04")
    send(1, "FA", b"\x88\x00")
    send(0, "FA")
    send(1, "A")
    return out


def timed(packets):
    for i, packet in enumerate(packets):
        packet.time = START + i * 0.001
    return packets


def ethernet(packets):
    macs = dict(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    return [Ether(**macs) / packet for packet in packets]


def path(name):
    return str(FILES / name)


def pcap(name, packets, link=None, **options):
    # Scapy takes 0 for no link type at all.
    wrpcap(path(name), timed(packets), linktype=101 if link == 0 else link, **options)
    if link == 0:
        data = bytearray((FILES / name).read_bytes())
        data[20] = 0
        (FILES / name).write_bytes(data)


def tool(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def interface(order, link, options=b"", snap=0):
    end = struct.pack(order + "HH", 0, 0) if options else b""
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + options + end)


def enhanced(order, number, ticks, data):
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    comment = option(order, 1, b"seen") + struct.pack(order + "HH", 0, 0)
    return block(order, 6, head + data + b"\0" * (-len(data) % 4) + comment)


def obsolete(order, number, ticks, data):
    head = struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 2, head + data)


def simple(order, data, snap=0):
    kept = data[:snap] if snap else data
    return block(order, 3, struct.pack(order + "I", len(data)) + kept)


def make():
    FILES.mkdir(exist_ok=True)
    for old in FILES.iterdir():
        old.unlink()
    plain = talk()
    frames = ethernet(plain)
    raws = [bytes(packet) for packet in frames]

    pcap("le-us.pcap", frames)
    pcap("be-us.pcap", frames, endianness=">")
    pcap("le-ns.pcap", frames, nano=True)
    pcap("be-ns.pcap", frames, nano=True, endianness=">")
    tool("editcap", "-F", "modpcap", path("le-us.pcap"), path("modified.pcap"))
    tool("editcap", "-F", "pcapng", path("le-ns.pcap"), path("editcap.pcapng"))

    # dpkt's writer wants the machine's byte order, its blocks do not.
    blocks = [dpkt.pcapng.SectionHeaderBlock(), dpkt.pcapng.InterfaceDescriptionBlock()]
    for i, data in enumerate(raws):
        ticks = int((START + i * 0.001) * 1e6)
        times = dict(ts_high=ticks >> 32, ts_low=ticks & 0xFFFFFFFF)
        blocks.append(dpkt.pcapng.EnhancedPacketBlock(pkt_data=data, caplen=len(data), pkt_len=len(data), **times))
    (FILES / "dpkt-be.pcapng").write_bytes(b"".join(map(bytes, blocks)))

    tagged = [Ether() / Dot1Q(vlan=7) / packet for packet in plain]
    pcap("link-1-vlan.pcap", tagged)
    pcap("link-1-qinq.pcap", [Ether() / Dot1AD(vlan=5) / Dot1Q(vlan=7) / packet for packet in plain])
    pcap("link-0.pcap", [Raw(struct.pack("<I", 2) + bytes(packet)) for packet in plain], 0)
    v6 = talk(v6=True)
    pcap("link-0-be-v6.pcap", [Raw(struct.pack(">I", 30) + bytes(packet)) for packet in v6], 0)
    pcap("link-108.pcap", [Raw(struct.pack(">I", 2) + bytes(packet)) for packet in plain], 108)
    pcap("link-101.pcap", plain, 101)
    pcap("link-113.pcap", [CookedLinux() / packet for packet in plain], 113)
    pcap("link-276.pcap", [CookedLinuxV2() / packet for packet in plain], 276)
    pcap("link-228.pcap", [Raw(bytes(packet)) for packet in plain], 228)
    pcap("link-229.pcap", [Raw(bytes(packet)) for packet in v6], 229)

    options = []
    for packet in plain:
        packet = packet.copy()
        packet[IP].options = [IPOption(b"\x94\x04\x00\x00")]
        del packet[IP].ihl
        options.append(packet)
    pcap("ip-options.pcap", ethernet(options))
    extended = []
    for packet in v6:
        head = IPv6(src=packet.src, dst=packet.dst) / IPv6ExtHdrHopByHop()
        extended.append(head / IPv6ExtHdrRouting() / IPv6ExtHdrDestOpt() / packet[TCP])
    pcap("ip-v6-extensions.pcap", ethernet(extended))
    # Every datagram needs its own identification.
    pieces = []
    for number, packet in enumerate(plain):
        packet = packet.copy()
        packet.id = 100 + number
        pieces += fragment(packet, 64)
    random.Random(1).shuffle(pieces[4:8])
    pcap("ip-fragments.pcap", ethernet(pieces))
    pieces = []
    for number, packet in enumerate(v6):
        whole = IPv6(src=packet.src, dst=packet.dst) / IPv6ExtHdrFragment(id=100 + number) / packet[TCP]
        big = len(packet) > 160
        pieces += fragment6(whole, 160) if big else [packet]
    pcap("ip-v6-fragments.pcap", ethernet(pieces))

    # Two interfaces of different kinds in one file, and two sections.
    pcap("other.pcap", talk(client=50000), 101)
    tool("mergecap", "-a", "-F", "pcapng", "-w", path("two-interfaces.pcapng"), path("le-us.pcap"), path("other.pcap"))
    first = (FILES / "dpkt-be.pcapng").read_bytes()
    tool("editcap", "-F", "pcapng", path("other.pcap"), path("other.pcapng"))
    (FILES / "two-sections.pcapng").write_bytes(first + (FILES / "other.pcapng").read_bytes())
    (FILES / "other.pcap").unlink()
    (FILES / "other.pcapng").unlink()

    for order, name in (("<", "le"), (">", "be")):
        # Clocks: milliseconds, picoseconds, 2^-20 s, and an offset. Unknown blocks between.
        # tshark 4.0 has no room for finer ones than 10^-10 s.
        clocks = [(3, 10**3, 0), (10, 10**10, 1_699_999_000), (0x94, 2**20, 0), (6, 10**6, -5)]
        data = section(order)
        for resolution, _, offset in clocks:
            options = option(order, 2, b"eth9") + option(order, 9, bytes([resolution]))
            if offset:
                options += option(order, 14, struct.pack(order + "q", offset))
            data += interface(order, 1, options)
        for i, raw in enumerate(raws):
            number = i % 4
            _, per_second, offset = clocks[number]
            # In integers: what is in the file is no rounded number.
            ticks = (1_700_000_000_123 + i - 1000 * offset) * per_second // 1000
            data += (obsolete if i % 3 == 2 else enhanced)(order, number, ticks, raw)
            data += block(order, 0x0C00 + i, b"unknown")
        # Statistics of an interface, and a custom block, which tshark counts as a packet.
        data += block(order, 5, struct.pack(order + "III", 0, 0, 0))
        data += block(order, 0xBAD, b"\x00\x00\x7e\xd9secret!!")
        (FILES / f"clocks-{name}.pcapng").write_bytes(data)
        data = section(order) + interface(order, 1, snap=160)
        for raw in raws:
            data += simple(order, raw, 160)
        (FILES / f"simple-{name}.pcapng").write_bytes(data)

    tool("editcap", "-F", "pcap", "-s", "100", path("le-us.pcap"), path("snapped.pcap"))
    (FILES / "gzipped.pcapng.gz").write_bytes(gzip.compress((FILES / "editcap.pcapng").read_bytes(), mtime=0))
    both = (FILES / "le-us.pcap").read_bytes()
    (FILES / "gzip-members.pcap.gz").write_bytes(
        gzip.compress(both[:500], mtime=0) + gzip.compress(both[500:], mtime=0) + bytes(16)
    )

    # Trouble: duplicates, reorder, a keep-alive probe, UDP and what is not IP between.
    noisy = talk()
    probe = IP(src="192.0.2.1", dst="192.0.2.2") / TCP(
        sport=49152, dport=8080, seq=(noisy[6][TCP].seq - 1) & 0xFFFFFFFF, ack=noisy[6][TCP].ack, flags="A"
    ) / Raw(b"\0")
    noisy[6:6] = [noisy[3].copy(), probe]
    noisy[9], noisy[10] = noisy[10], noisy[9]
    noisy.insert(5, IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1, dport=2) / Raw(b"not this"))
    pcap("noisy.pcap", ethernet(noisy) + [Ether(type=0x88CC) / Raw(b"lldp")])
    # It began before the capture did.
    pcap("middle.pcap", ethernet(talk()[4:]))
    # The same ports, twice.
    again = talk(isn=(5_000, 9_000))
    pcap("port-reuse.pcap", ethernet(talk() + again))


def follow(file, stream):
    """What tshark makes of a stream: in pieces, with who sent them."""
    text = tool("tshark", "-r", str(file), "-q", "-z", f"follow,tcp,raw,{stream}")
    lines = text.splitlines()
    nodes = [line.split(": ", 1)[1] for line in lines if line.startswith("Node ")]
    begin = next(i for i, line in enumerate(lines) if line.startswith("Node 1")) + 1
    sent = ["", ""]
    for line in lines[begin:]:
        if not line.startswith("="):
            sent[line.startswith("\t")] += line.strip()
    return {"nodes": nodes, "sent": sent}


def expected(file):
    if file.suffix == ".gz":
        # tshark reads no padding after gzip; gzip's own tool does.
        with tempfile.NamedTemporaryFile() as plain:
            plain.write(gzip.decompress(file.read_bytes()))
            plain.flush()
            return expected(Path(plain.name))
    fields = ["frame.number", "frame.time_epoch", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "tcp.payload"]
    args = [arg for field in fields for arg in ("-e", field)]
    packets = []
    streams = set()
    for line in tool("tshark", "-r", str(file), "-T", "fields", *args).splitlines():
        number, time, stream, v4, v6, port, payload = (line.split("\t") + [""] * 7)[:7]
        if stream:
            streams.add(int(stream))
        if payload:
            packets.append([int(number), time, (v4 or v6), int(port), payload])
    return {"streams": [follow(file, stream) for stream in sorted(streams)], "packets": packets}


DUMPS = """xxd; xxd -g1; xxd -g4; xxd -u; xxd -e; xxd -c 8; xxd -b; xxd -p; xxd -i; xxd -a; hexdump;
hexdump -C; hexdump -b; hexdump -d; hexdump -x; hexdump -o; od; od -x; od -tx1; od -Ax -tx1;
od -Ad -tx1; od -An -tx1 -v; od -tx1z; od -Ax -tx1z -v; od -b; od -tu1; od -An -tu1 -v; od -tx4; od -tx8;
base64; base64 -w0""".replace("\n", " ").split("; ")


def spellings():
    """What tools print of some bytes: [command, text, hex]."""
    random.seed(5)
    samples = {
        "short": b"\x81\x05Hello",
        "line": b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58beef0",
        # Characters that look like digits, offsets and marks.
        "text": b"\x81\x2ddeadbeef cafe 0123 4567 | > * \\x41 tail 0000000 1234567 "[:41],
        "long": bytes(random.randrange(256) for _ in range(83)),
        "zeros": b"\x82\x7e\x00\xa0" + bytes(160) + b"end!\n",
    }
    lines = []
    for name, data in samples.items():
        for command in DUMPS:
            text = subprocess.run(command, shell=True, input=data, capture_output=True).stdout.decode()
            lines.append(json.dumps([f"{command} ({name})", text, data.hex()]))
    (HERE / "spellings.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def main():
    make()
    spellings()
    folders = [FILES, *map(Path, sys.argv[1:])]
    files = [file for folder in folders for file in sorted(folder.iterdir()) if ".pcap" in file.name]
    known = {file.name: expected(file) for file in files}
    (HERE / "expected.json").write_text(json.dumps(known, separators=(",", ":")).replace('},"', '},\n"') + "\n")


main()
