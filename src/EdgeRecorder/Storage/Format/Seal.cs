using System.Buffers.Binary;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Storage.Format;

/// <summary>Makes a signature of SHA-256 of what it is given.</summary>
public delegate byte[] Signer(ReadOnlySpan<byte> data);

/// <summary>
/// What a finished segment ends with: the table of its records, their digests, the chain's last value, and a signature of the box.
/// <code>
/// uuid box of Geometry.SealLength bytes     8 size, type · 16 usertype
/// 24 version u16 · state u16 (1 closed, 2 recovered)                    28 volume (16)   44 generation u64
/// 52 channel u32 · stream u8 · reserved u8 · boots u16                  60 records u32   64 first sequence u64
/// 72 last hash (32)                         104 signed length u32       108 signature length u16 · reserved u16
/// 112 boots (20 each: number u32, id 16)    then records (64 each, <see cref="FragmentEntry"/>)
/// signed length: signature (ECDSA P-256, DER, over SHA-256 of bytes 24 … signed length with 108…112 zero), then CRC-32C u32 of all before it
/// </code>
/// </summary>
internal sealed record Seal
{
    public const int MaxBoots = 64;
    private const int LongestSignature = 80;
    private const string Protocol = "seal";

    /// <summary>Everything that is not a record's entry, at the most.</summary>
    public const int FixedLength = 112 + MaxBoots * 20 + LongestSignature + 4;

    public required Guid Volume { get; init; }
    public required long Generation { get; init; }
    public required StreamKey Stream { get; init; }

    /// <summary>True when the segment was open at an unclean stop.</summary>
    public required bool Recovered { get; init; }
    public required long FirstSequence { get; init; }
    public required byte[] LastHash { get; init; }
    public required IReadOnlyList<(int Number, Guid Id)> Boots { get; init; }
    public required ArraySegment<FragmentEntry> Records { get; init; }

    /// <summary>DER signature as read; empty when the box had no key.</summary>
    public byte[] Signature { get; init; } = [];

    /// <summary>The signed bytes as read.</summary>
    public byte[] Signed { get; init; } = [];

    /// <summary>The pages to write at <see cref="Geometry.SealOffset"/>, the thread's until it makes the next ones; what follows them in the seal's room is not written.</summary>
    /// <param name="sign">Makes a DER signature of SHA-256 of what it is given; null: no key.</param>
    public ReadOnlySpan<byte> Write(Geometry geometry, Signer? sign)
    {
        var signedLength = 112 + Boots.Count * 20 + Records.Count * FragmentEntry.Length;
        var pages = PinnedPages.Scratch(Geometry.AlignUp(signedLength + LongestSignature + 4));
        var writer = new ByteWriter(pages);
        writer.I32(geometry.SealLength);
        writer.U32(BoxType.Uuid);
        writer.Uuid(BoxType.Seal);
        writer.U16(1);
        writer.U16(Recovered ? (ushort)2 : (ushort)1);
        writer.Uuid(Volume);
        writer.I64(Generation);
        writer.I32(Stream.ChannelNumber);
        writer.U8(Stream.Stream);
        writer.U8(0);
        writer.U16((ushort)Boots.Count);
        writer.I32(Records.Count);
        writer.I64(FirstSequence);
        writer.Bytes(LastHash);
        writer.I32(signedLength);
        writer.U32(0);
        foreach (var (number, id) in Boots)
        {
            writer.I32(number);
            writer.Uuid(id);
        }
        foreach (ref readonly var record in Records.AsSpan())
            record.Write(ref writer);
        var signature = sign?.Invoke(pages[24..signedLength]) ?? [];
        BinaryPrimitives.WriteUInt16BigEndian(pages[108..], (ushort)signature.Length);
        writer.Bytes(signature);
        writer.U32(Crc32C.Of(pages[..writer.Offset]));
        return pages;
    }

    /// <exception cref="ProtocolException">There is no seal, or it is damaged.</exception>
    public static Seal Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes, Protocol);
        reader.U32("size");
        if (reader.U32("type") != BoxType.Uuid || reader.Uuid("usertype") != BoxType.Seal || reader.U16("version") != 1)
            throw new ProtocolException(Protocol, 0, "uuid", "no seal stands here");
        var state = reader.U16("state");
        var volume = reader.Uuid("volume");
        var generation = reader.I64("generation");
        var stream = new StreamKey(reader.I32("channel"), reader.U8("stream"));
        reader.U8("reserved");
        var bootCount = reader.U16("boots");
        var recordCount = reader.I32("records");
        var firstSequence = reader.I64("first sequence");
        var lastHash = reader.Bytes(32, "last hash").ToArray();
        var signedLength = reader.I32("signed length");
        var signatureLength = reader.U16("signature length");
        reader.U16("reserved");
        if (bootCount > MaxBoots || recordCount < 0 || signedLength != 112 + bootCount * 20L + (long)recordCount * FragmentEntry.Length
            || signatureLength > LongestSignature || signedLength + signatureLength + 4L > bytes.Length)
            throw new ProtocolException(Protocol, 52, "counts", $"{bootCount} boots, {recordCount} records, {signedLength} bytes signed");
        var end = signedLength + signatureLength;
        if (Crc32C.Of(bytes[..end]) != BinaryPrimitives.ReadUInt32BigEndian(bytes[end..]))
            throw new ProtocolException(Protocol, end, "CRC", "does not match");
        var boots = new (int, Guid)[bootCount];
        for (var i = 0; i < bootCount; i++)
            boots[i] = (reader.I32("boot number"), reader.Uuid("boot id"));
        var records = new FragmentEntry[recordCount];
        for (var i = 0; i < recordCount; i++)
            records[i] = FragmentEntry.Read(ref reader);
        var signed = bytes[24..signedLength].ToArray();
        signed.AsSpan(108 - 24, 4).Clear();
        return new Seal
        {
            Volume = volume, Generation = generation, Stream = stream, Recovered = state == 2, FirstSequence = firstSequence, LastHash = lastHash,
            Boots = boots, Records = records, Signature = reader.Bytes(signatureLength, "signature").ToArray(), Signed = signed,
        };
    }
}
