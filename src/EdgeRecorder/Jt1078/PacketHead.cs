using System.Buffers.Binary;

namespace EdgeRecorder.Jt1078;

/// <summary>Bytes of the SIM field: 6 in JT/T 1078-2016, 10 in T/GDRTA 002-2020, 5.9.3, and with many terminals that speak JT/T 808-2019.</summary>
internal enum SimWidth : byte { Six = 6, Ten = 10 }

internal enum DataType : byte { VideoI, VideoP, VideoB, Audio, Passthrough }

/// <summary>Which part of a frame a packet carries. Last comes before middle.</summary>
internal enum SubPackage : byte { Atomic, First, Last, Middle }

internal enum HeadState : byte
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>No further byte could make it a header.</summary>
    Invalid,

    Valid,
}

/// <summary>
/// Header of a media packet (JT/T 1078-2016, 5.5.3, table 19), big-endian. Offsets for a SIM of 6 and of 10 bytes:
/// <code>
///  0  0  30 31 63 64
///  4  4  V 2 bits = 2, P 1, X 1, CC 4 bits = 1
///  5  5  M 1 bit: end of a frame; PT 7 bits: table 12, not RFC 3551
///  6  6  sequence number
///  8  8  SIM, BCD
/// 14 18  logical channel
/// 15 19  data type 4 bits, part of the frame 4 bits
/// 16 20  time stamp, 8 bytes, ms       not of passthrough
/// 24 28  ms since the last I frame     video only
/// 26 30  ms since the last frame       video only
///  …     length of the body
/// </code>
/// </summary>
/// <remarks>Reading never throws: a wrong header is ordinary here, two widths are tried on every connection and every place where a packet may begin again.</remarks>
internal readonly record struct PacketHead
{
    /// <summary>"01cd".</summary>
    public const uint Magic = 0x30316364;

    /// <summary>Up to and with data type, of the narrower layout.</summary>
    public const int ShortestLength = 18;

    public const int LongestLength = 34 + ushort.MaxValue;

    /// <summary>V, P, X and CC: 0x81 by the standard; nothing depends on it.</summary>
    public byte Flags { get; init; }

    public bool Marker { get; init; }
    public byte PayloadType { get; init; }
    public ushort Sequence { get; init; }
    public SimNumber Sim { get; init; }
    public byte Channel { get; init; }
    public DataType Type { get; init; }
    public SubPackage Part { get; init; }

    /// <summary>0 of passthrough.</summary>
    public ulong TimestampMs { get; init; }

    /// <summary>Both are garbage with some terminals (0 on I frames, 0xFFFF on others): nothing depends on them.</summary>
    public ushort SinceSyncMs { get; init; }
    public ushort SinceFrameMs { get; init; }

    public int HeaderLength { get; init; }
    public int BodyLength { get; init; }

    public int Length => HeaderLength + BodyLength;
    public bool IsVideo => Type <= DataType.VideoB;

    /// <summary>Reads the header at the beginning of <paramref name="input"/>; its body need not be there.</summary>
    public static HeadState Read(ReadOnlySpan<byte> input, SimWidth width, out PacketHead head)
    {
        head = default;
        var shift = (int)width - (int)SimWidth.Six;
        if (input.Length < 16 + shift)
            return HeadState.Incomplete;
        if (BinaryPrimitives.ReadUInt32BigEndian(input) != Magic)
            return HeadState.Invalid;
        var kind = input[15 + shift];
        var (type, part) = ((DataType)(kind >> 4), (SubPackage)(kind & 0x0F));
        if (type > DataType.Passthrough || part > SubPackage.Middle)
            return HeadState.Invalid;
        var length = LengthOf(type) + shift;
        if (input.Length < length)
            return HeadState.Incomplete;
        if (!SimNumber.TryReadDigits(input.Slice(8, (int)width), out var sim))
            return HeadState.Invalid;
        head = new()
        {
            Flags = input[4],
            Marker = (input[5] & 0x80) != 0,
            PayloadType = (byte)(input[5] & 0x7F),
            Sequence = BinaryPrimitives.ReadUInt16BigEndian(input[6..]),
            Sim = sim,
            Channel = input[14 + shift],
            Type = type,
            Part = part,
            TimestampMs = type == DataType.Passthrough ? 0 : BinaryPrimitives.ReadUInt64BigEndian(input[(16 + shift)..]),
            SinceSyncMs = type <= DataType.VideoB ? BinaryPrimitives.ReadUInt16BigEndian(input[(24 + shift)..]) : (ushort)0,
            SinceFrameMs = type <= DataType.VideoB ? BinaryPrimitives.ReadUInt16BigEndian(input[(26 + shift)..]) : (ushort)0,
            HeaderLength = length,
            BodyLength = BinaryPrimitives.ReadUInt16BigEndian(input[(length - 2)..]),
        };
        return HeadState.Valid;
    }

    /// <summary>The payload type fits the data type: 98 to 101 are video, 1 to 28 audio. Asked only where a layout is being found: terminals may err later.</summary>
    public bool IsPlausible => PayloadType switch
    {
        >= 98 and <= 101 => IsVideo,
        >= 1 and <= 28 => Type == DataType.Audio,
        _ => true,
    };

    private static int LengthOf(DataType type) => type switch
    {
        DataType.Audio => 26,
        DataType.Passthrough => 18,
        _ => 30,
    };
}
