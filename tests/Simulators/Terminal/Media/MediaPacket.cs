using System.Buffers.Binary;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>High nibble behind the channel.</summary>
internal enum DataType : byte
{
    VideoI = 0,
    VideoP = 1,
    VideoB = 2,
    Audio = 3,
    Passthrough = 4,
}

/// <summary>Low nibble behind the channel: where in its frame a packet stands.</summary>
internal enum PackageFlag : byte
{
    Atomic = 0,
    First = 1,
    Last = 2,
    Middle = 3,
}

/// <summary>Writes a packet of JT/T 1078-2016, table 19.</summary>
/// <remarks>
/// <code>30 31 63 64 | 81 | M PT | sequence (2) | SIM BCD[6 or 10] | channel (1) | type, flag (1) | [timestamp ms (8)] | [I interval (2) | interval (2)] | length (2) | body</code>
/// Passthrough has no timestamp; only video has the intervals.
/// </remarks>
internal static class MediaPacket
{
    public const int SequenceOffset = 6;
    public const int SimOffset = 8;
    public const int LargestHeader = 34;

    private static ReadOnlySpan<byte> Magic => "01cd"u8;

    public static int ChannelOffset(int simBytes) => SimOffset + simBytes;

    public static int TypeOffset(int simBytes) => SimOffset + simBytes + 1;

    public static int TimestampOffset(int simBytes) => SimOffset + simBytes + 2;

    public static int IntervalsOffset(int simBytes) => TimestampOffset(simBytes) + 8;

    public static int HeaderSize(DataType type, int simBytes) => TimestampOffset(simBytes) + 2 + type switch
    {
        DataType.Passthrough => 0,
        DataType.Audio => 8,
        _ => 12,
    };

    /// <summary>Writes the header; returns its size.</summary>
    public static int WriteHeader(
        Span<byte> target, byte payloadType, bool marker, ushort sequence, string sim, int simBytes, byte channel, DataType type, PackageFlag flag,
        long timestampMs, ushort lastSyncIntervalMs, ushort lastIntervalMs, int bodyLength)
    {
        Magic.CopyTo(target);
        target[4] = 0x81;                                      // version 2, no padding, no extension, one source
        target[5] = (byte)(marker ? payloadType | 0x80 : payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(target[SequenceOffset..], sequence);
        BodyWriter.WriteBcd(sim, target.Slice(SimOffset, simBytes));
        target[ChannelOffset(simBytes)] = channel;
        target[TypeOffset(simBytes)] = (byte)((byte)type << 4 | (byte)flag);
        if (type != DataType.Passthrough)
            BinaryPrimitives.WriteInt64BigEndian(target[TimestampOffset(simBytes)..], timestampMs);
        if (type <= DataType.VideoB)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[IntervalsOffset(simBytes)..], lastSyncIntervalMs);
            BinaryPrimitives.WriteUInt16BigEndian(target[(IntervalsOffset(simBytes) + 2)..], lastIntervalMs);
        }
        var size = HeaderSize(type, simBytes);
        BinaryPrimitives.WriteUInt16BigEndian(target[(size - 2)..], checked((ushort)bodyLength));
        return size;
    }
}
