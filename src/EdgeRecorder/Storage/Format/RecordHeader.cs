using System.Buffers.Binary;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Storage.Format;

/// <summary>PreRoll: nobody asked for it when it was written; it is there for an event that may come.</summary>
[Flags]
internal enum RecordFlags : ushort { None = 0, Sync = 1, StartsRun = 2, Chained = 4, PreRoll = 8 }

/// <summary>
/// The `uuid` box in front of every moof: with it a record explains itself, wherever it is found.
/// <code>
/// big-endian                                8 size, type · 16 usertype
/// 24 version u16 · flags u16                28 volume (16)              44 generation u64
/// 52 channel u32 · stream u8 · clock quality u8 · sync distance u16     60 sequence u64
/// 68 record length u32                      72 media start i64 (90 kHz) 80 duration u32 (90 kHz)
/// 84 boot number u32                        88 boottime µs i64          96 UTC µs i64   104 source's UTC µs i64
/// 112 boot id (16)                          128 CRC-32C u32             132 video samples u32
/// 136 chain (32)                            168 reserved (8)
/// </code>
/// CRC-32C covers the record with the CRC and chain fields zero. d = SHA-256 of the record with the chain field zero;
/// chain = h(i) = SHA-256(h(i−1) ‖ d).
/// </summary>
internal readonly record struct RecordHeader
{
    public const int Length = FragmentRef.RecordHeaderLength;
    public const int CrcOffset = 128, ChainOffset = 136, ChainLength = 32;
    private const string Protocol = "record";

    public required RecordFlags Flags { get; init; }
    public required Guid Volume { get; init; }
    public required long Generation { get; init; }
    public required StreamKey Stream { get; init; }
    public required ClockQuality Quality { get; init; }
    public required int SyncDistance { get; init; }
    public required long Sequence { get; init; }
    public required int RecordLength { get; init; }
    public required long MediaStart90k { get; init; }
    public required uint Duration90k { get; init; }
    public required int BootNumber { get; init; }
    public required Guid BootId { get; init; }
    public required long BoottimeUs { get; init; }
    public required long UtcUs { get; init; }
    public required long SourceUtcUs { get; init; }
    public required int VideoSamples { get; init; }

    /// <summary>As read; <see cref="Write"/> leaves CRC and chain zero.</summary>
    public uint Crc { get; init; }

    /// <summary>Writes the box with CRC and chain zero, as they are when both are computed.</summary>
    public void Write(Span<byte> target)
    {
        var writer = new ByteWriter(target[..Length]);
        writer.U32(Length);
        writer.U32(BoxType.Uuid);
        writer.Uuid(BoxType.Record);
        writer.U16(1);
        writer.U16((ushort)Flags);
        writer.Uuid(Volume);
        writer.I64(Generation);
        writer.I32(Stream.ChannelNumber);
        writer.U8(Stream.Stream);
        writer.U8((byte)Quality);
        writer.U16((ushort)Math.Min(ushort.MaxValue, SyncDistance));
        writer.I64(Sequence);
        writer.I32(RecordLength);
        writer.I64(MediaStart90k);
        writer.U32(Duration90k);
        writer.I32(BootNumber);
        writer.I64(BoottimeUs);
        writer.I64(UtcUs);
        writer.I64(SourceUtcUs);
        writer.Uuid(BootId);
        writer.U32(0);
        writer.I32(VideoSamples);
        writer.Zeros(ChainLength + 8);
    }

    /// <exception cref="ProtocolException">These bytes are no record's header.</exception>
    public static RecordHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes, Protocol);
        if (reader.U32("size") != Length || reader.U32("type") != BoxType.Uuid || reader.Uuid("usertype") != BoxType.Record)
            throw new ProtocolException(Protocol, 0, "uuid", "no record begins here");
        if (reader.U16("version") is var version and not 1)
            throw new ProtocolException(Protocol, 24, "version", $"{version} is not 1");
        var header = new RecordHeader
        {
            Flags = (RecordFlags)reader.U16("flags"),
            Volume = reader.Uuid("volume"),
            Generation = reader.I64("generation"),
            Stream = new StreamKey(reader.I32("channel"), reader.U8("stream")),
            Quality = (ClockQuality)reader.U8("clock quality"),
            SyncDistance = reader.U16("sync distance"),
            Sequence = reader.I64("sequence"),
            RecordLength = reader.I32("record length"),
            MediaStart90k = reader.I64("media start"),
            Duration90k = reader.U32("duration"),
            BootNumber = reader.I32("boot number"),
            BoottimeUs = reader.I64("boottime"),
            UtcUs = reader.I64("UTC"),
            SourceUtcUs = reader.I64("source UTC"),
            BootId = reader.Uuid("boot id"),
            Crc = reader.U32("CRC"),
            VideoSamples = reader.I32("video samples"),
        };
        if (header.RecordLength < Length + 16 || header.RecordLength % 8 != 0)
            throw new ProtocolException(Protocol, 68, "record length", $"{header.RecordLength}");
        return header;
    }

    /// <summary>True when the whole record matches its CRC.</summary>
    public static bool CrcFits(ReadOnlySpan<byte> record)
    {
        Span<byte> head = stackalloc byte[Length];
        record[..Length].CopyTo(head);
        head.Slice(CrcOffset, 4).Clear();
        head.Slice(ChainOffset, ChainLength).Clear();
        var state = Crc32C.Update(Crc32C.Update(Crc32C.Start, head), record[Length..]);
        return Crc32C.Finish(state) == BinaryPrimitives.ReadUInt32BigEndian(record[CrcOffset..]);
    }
}
