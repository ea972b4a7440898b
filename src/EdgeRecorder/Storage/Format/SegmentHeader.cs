using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Storage.Format;

/// <summary>
/// The head of a segment: `ftyp`, `moov`, and a `uuid` box that says whose footage follows. Read without a database.
/// <code>
/// uuid box, big-endian                      8 size, type · 16 usertype
/// 24 version u16 · flags u16                28 volume (16)              44 generation u64
/// 52 segment u32 · 56 size u64              64 seal offset u32
/// 68 channel u32 · stream u8 · quality u8 · reserved u16
/// 76 boot number u32 · 80 boot id (16)      96 boottime µs i64          104 UTC µs i64
/// 112 previous segment u32 · generation u64 · last hash (32)
/// 156 origin segment u32 · generation u64   (a copy in the event pool; else zero)
/// 168 id, key, name, source: u16 length + UTF-8 each, at most 1,024 bytes, then zeros to a multiple of 8
/// end CRC-32C u32 of everything from the first byte of the file
/// </code>
/// </summary>
internal sealed record SegmentHeader
{
    public const ushort Version = 1;
    public const ushort PoolFlag = 1;
    private const int Sector = 512, LongestText = 1024;
    private const string Protocol = "segment header";

    /// <summary>What a reader fetches at once: a header longer than this is not ours.</summary>
    public const int LongestRead = 16 * 1024;

    public required Guid Volume { get; init; }
    public required long Generation { get; init; }
    public required int Segment { get; init; }
    public required Geometry Geometry { get; init; }
    public required StreamKey Stream { get; init; }
    public required ChannelIdentity Channel { get; init; }
    public required BootAnchor Anchor { get; init; }

    /// <summary>The channel's segment before this one, for the evidence chain; generation 0: there is none.</summary>
    public int PreviousSegment { get; init; }
    public long PreviousGeneration { get; init; }
    public byte[] PreviousHash { get; init; } = new byte[32];

    /// <summary>A copy of locked footage: where its records come from.</summary>
    public bool IsPool { get; init; }
    public int OriginSegment { get; init; }
    public long OriginGeneration { get; init; }

    /// <summary>ftyp + moov.</summary>
    public required byte[] Init { get; init; }

    /// <summary>Bytes from the start of the file to the end of the `uuid` box, where the first `free` begins.</summary>
    public int Length { get; private init; }

    /// <summary>h(0): SHA-256 of the header, the root of the segment's chain.</summary>
    public byte[] Hash { get; private init; } = [];

    /// <summary>Makes the whole pages that open the segment: header, `free` to the end of the file, zeros. They are the thread's until it makes the next ones.</summary>
    public SegmentHeader Write(out ReadOnlySpan<byte> pages)
    {
        var strings = new[] { Channel.Id, Channel.Key, Channel.Name, Channel.Source }.Select(Shortened).ToArray();
        var boxLength = 168 + strings.Sum(s => 2 + s.Length) + 4;
        boxLength += (8 - (Init.Length + boxLength) % 8) % 8;
        if ((Init.Length + boxLength) % Sector == 0)
            boxLength += 8;                                 // the first `free` in the sector of the CRC: a torn header fails by it or is whole
        var length = Init.Length + boxLength;
        var target = PinnedPages.Scratch(Geometry.NextRecord(length));
        Init.CopyTo(target);
        var writer = new ByteWriter(target[Init.Length..]);
        writer.U32((uint)boxLength);
        writer.U32(BoxType.Uuid);
        writer.Uuid(BoxType.Header);
        writer.U16(Version);
        writer.U16(IsPool ? PoolFlag : (ushort)0);
        writer.Uuid(Volume);
        writer.I64(Generation);
        writer.I32(Segment);
        writer.I64(Geometry.Size);
        writer.I32(Geometry.SealOffset);
        writer.I32(Stream.ChannelNumber);
        writer.U8(Stream.Stream);
        writer.U8((byte)Anchor.Quality);
        writer.U16(0);
        writer.I32(Anchor.BootNumber);
        writer.Uuid(Anchor.BootId);
        writer.I64(Anchor.BoottimeUs);
        writer.I64(Anchor.UtcUs);
        writer.I32(PreviousSegment);
        writer.I64(PreviousGeneration);
        writer.Bytes(PreviousHash);
        writer.I32(OriginSegment);
        writer.I64(OriginGeneration);
        foreach (var s in strings)
        {
            writer.U16((ushort)s.Length);
            writer.Bytes(s);
        }
        BinaryPrimitives.WriteUInt32BigEndian(target[(length - 4)..], Crc32C.Of(target[..(length - 4)]));
        BoxType.WriteFree(target[length..], (int)(Geometry.Size - length));
        pages = target;
        return this with { Length = length, Hash = SHA256.HashData(target[..length]) };
    }

    /// <summary>Reads the start of a segment.</summary>
    /// <exception cref="ProtocolException">It is no header of ours or it is damaged.</exception>
    public static SegmentHeader Parse(ReadOnlySpan<byte> start, long fileLength)
    {
        var initLength = InitLength(start);
        var reader = new ByteReader(start[initLength..], Protocol);
        var boxLength = (int)reader.U32("size");
        if (reader.U32("type") != BoxType.Uuid || reader.Uuid("usertype") != BoxType.Header)
            throw new ProtocolException(Protocol, initLength, "uuid", "no header box behind moov");
        if (boxLength < 172 || boxLength > start.Length - initLength)
            throw new ProtocolException(Protocol, initLength, "size", $"{boxLength} bytes do not fit {start.Length - initLength}");
        var length = initLength + boxLength;
        if (Crc32C.Of(start[..(length - 4)]) != BinaryPrimitives.ReadUInt32BigEndian(start[(length - 4)..]))
            throw new ProtocolException(Protocol, length - 4, "CRC", "does not match");
        if (reader.U16("version") is var version and not Version)
            throw new ProtocolException(Protocol, initLength + 24, "version", $"{version} is not {Version}");
        var flags = reader.U16("flags");
        var volume = reader.Uuid("volume");
        var generation = reader.I64("generation");
        var segment = reader.I32("segment");
        var geometry = new Geometry(reader.I64("size"));
        if (geometry.Size != fileLength)
            throw new ProtocolException(Protocol, initLength + 56, "size", $"{geometry.Size}, the file has {fileLength}");
        reader.I32("seal offset");
        var stream = new StreamKey(reader.I32("channel"), reader.U8("stream"));
        var quality = (ClockQuality)reader.U8("clock quality");
        reader.U16("reserved");
        var anchor = new BootAnchor(reader.I32("boot number"), reader.Uuid("boot id"), reader.I64("boottime"), reader.I64("UTC"), quality);
        var (previous, previousGeneration, previousHash) = (reader.I32("previous segment"), reader.I64("previous generation"), reader.Bytes(32, "previous hash").ToArray());
        var (origin, originGeneration) = (reader.I32("origin segment"), reader.I64("origin generation"));
        var channel = new ChannelIdentity(stream.ChannelNumber, Text(ref reader, "id"), Text(ref reader, "key"), Text(ref reader, "name"), Text(ref reader, "source"));
        return new SegmentHeader
        {
            Volume = volume, Generation = generation, Segment = segment, Geometry = geometry, Stream = stream, Channel = channel, Anchor = anchor,
            PreviousSegment = previous, PreviousGeneration = previousGeneration, PreviousHash = previousHash,
            IsPool = (flags & PoolFlag) != 0, OriginSegment = origin, OriginGeneration = originGeneration,
            Init = start[..initLength].ToArray(), Length = length, Hash = SHA256.HashData(start[..length]),
        };
    }

    private static byte[] Shortened(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes.Length, LongestText);
        while (length < bytes.Length && (bytes[length] & 0xC0) == 0x80)
            length--;                                       // not within a character
        return bytes[..length];
    }

    private static string Text(ref ByteReader reader, string field) => Encoding.UTF8.GetString(reader.Bytes(reader.U16(field), field));

    private static int InitLength(ReadOnlySpan<byte> start)
    {
        var at = 0;
        foreach (var expected in (ReadOnlySpan<uint>)[BoxType.Ftyp, BoxType.Moov])
        {
            if (start.Length - at < 8)
                throw new ProtocolException(Protocol, at, "box", "the file ends");
            var (size, type) = BoxType.Read(start[at..]);
            if (type != expected || size < 8 || size > start.Length - at)
                throw new ProtocolException(Protocol, at, "box", $"type 0x{type:x8}, size {size} is not the head of a segment");
            at += (int)size;
        }
        return at;
    }
}
