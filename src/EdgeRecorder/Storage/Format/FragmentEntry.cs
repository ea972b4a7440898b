using System.Runtime.CompilerServices;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Storage.Format;

/// <summary>32 bytes held in place, so that a table of entries is one allocation.</summary>
[InlineArray(32)]
internal struct Digest
{
    private byte _first;

    public static Digest From(ReadOnlySpan<byte> bytes)
    {
        var digest = default(Digest);
        bytes.CopyTo(digest);
        return digest;
    }
}

/// <summary>One record in a segment's table: what is needed to find it and to prove it. 64 bytes on disk.</summary>
internal struct FragmentEntry
{
    public const int Length = 64;

    public int Offset;                                      // 0   of the record's uuid box
    public int RecordLength;                                // 4
    public long MediaStart90k;                              // 8
    public uint Duration90k;                                // 16
    public RecordFlags Flags;                               // 20  u8: all flags fit
    public byte Boot;                                       // 21  index into the segment's boot table
    public ushort SyncDistance;                             // 22
    public long BoottimeUs;                                 // 24
    public Digest Digest;                                   // 32  d; zero when the chain is off or not yet recomputed

    public readonly bool IsSync => (Flags & RecordFlags.Sync) != 0;
    public readonly bool StartsRun => (Flags & RecordFlags.StartsRun) != 0;
    public readonly int End => Offset + RecordLength;
    public readonly long MediaEnd90k => MediaStart90k + Duration90k;

    /// <summary>End in boottime: 90 kHz to microseconds, rounded so that neighbours meet.</summary>
    public readonly long EndBoottimeUs => BoottimeUs + (long)Duration90k * 100 / 9;

    public readonly void Write(ref ByteWriter writer)
    {
        writer.I32(Offset);
        writer.I32(RecordLength);
        writer.I64(MediaStart90k);
        writer.U32(Duration90k);
        writer.U8((byte)Flags);
        writer.U8(Boot);
        writer.U16(SyncDistance);
        writer.I64(BoottimeUs);
        var digest = Digest;
        writer.Bytes(digest);
    }

    public static FragmentEntry Read(ref ByteReader reader) => new()
    {
        Offset = reader.I32("offset"),
        RecordLength = reader.I32("length"),
        MediaStart90k = reader.I64("media start"),
        Duration90k = reader.U32("duration"),
        Flags = (RecordFlags)reader.U8("flags"),
        Boot = reader.U8("boot"),
        SyncDistance = reader.U16("sync distance"),
        BoottimeUs = reader.I64("boottime"),
        Digest = Digest.From(reader.Bytes(32, "digest")),
    };
}
