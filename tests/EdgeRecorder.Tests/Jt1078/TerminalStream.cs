namespace EdgeRecorder.Tests.Jt1078;

/// <summary>Packets as a terminal makes them, written byte by byte from table 19 of the standard; shares nothing with the reader.</summary>
internal sealed class TerminalStream(string sim = Vectors.Sim, byte channel = 1, int width = 6)
{
    public const int LargestBody = 950;
    public const int Atomic = 0, First = 1, Last = 2, Middle = 3;

    /// <summary>Of the next packet.</summary>
    public int Sequence { get; set; }

    /// <summary>Audio counts by itself.</summary>
    public bool OwnAudioNumbers { get; init; }
    public int AudioSequence { get; set; } = 7;

    /// <summary>All packets have this number.</summary>
    public int? ConstantSequence { get; init; }

    public byte[] Packet(int type, int part, int payloadType, ulong timestamp, ReadOnlySpan<byte> body, bool? marker = null)
    {
        List<byte> packet = [0x30, 0x31, 0x63, 0x64, 0x81, (byte)((marker ?? part is Atomic or Last ? 0x80 : 0) | payloadType)];
        var sequence = ConstantSequence ?? (OwnAudioNumbers && type == 3 ? AudioSequence++ : Sequence++);
        packet.AddRange([(byte)(sequence >> 8), (byte)sequence]);
        var digits = sim.PadLeft(width * 2, '0');
        for (var i = 0; i < digits.Length; i += 2)
            packet.Add((byte)((digits[i] - '0') << 4 | digits[i + 1] - '0'));
        packet.AddRange([channel, (byte)(type << 4 | part)]);
        if (type < 4)
            for (var shift = 56; shift >= 0; shift -= 8)
                packet.Add((byte)(timestamp >> shift));
        if (type < 3)
            packet.AddRange([0, 0, 0, 40]);
        packet.AddRange([(byte)(body.Length >> 8), (byte)body.Length]);
        packet.AddRange(body);
        return [.. packet];
    }

    /// <summary>A frame in packets of at most 950 bytes.</summary>
    public List<byte[]> Frame(int type, int payloadType, ulong timestamp, byte[] frame, int largestBody = LargestBody)
    {
        if (frame.Length <= largestBody)
            return [Packet(type, Atomic, payloadType, timestamp, frame)];
        List<byte[]> packets = [];
        for (var at = 0; at < frame.Length; at += largestBody)
        {
            var part = at == 0 ? First : at + largestBody >= frame.Length ? Last : Middle;
            packets.Add(Packet(type, part, payloadType, timestamp, frame.AsSpan(at, Math.Min(largestBody, frame.Length - at))));
        }
        return packets;
    }

    public byte[] Audio(int payloadType, ulong timestamp, byte[] body) => Packet(3, Atomic, payloadType, timestamp, body);
}

/// <summary>Access units of an elementary stream with start codes, as an encoder hands them out.</summary>
internal static class ElementaryStream
{
    /// <summary>Cuts where a picture's first slice, or what stands before it, begins.</summary>
    public static List<(byte[] Bytes, bool IsSync)> Pictures(byte[] stream, bool h265)
    {
        List<(byte[], bool)> pictures = [];
        List<byte> open = [];
        var (hasSlice, isSync) = (false, false);
        foreach (var nal in Nals(stream))
        {
            var type = h265 ? nal[0] >> 1 & 0x3F : nal[0] & 0x1F;
            var isSlice = h265 ? type < 32 : type is 1 or 5;
            var isFirst = isSlice && (nal[h265 ? 2 : 1] & 0x80) != 0;
            if (hasSlice && (isFirst || !isSlice))
            {
                pictures.Add(([.. open], isSync));
                open.Clear();
                (hasSlice, isSync) = (false, false);
            }
            hasSlice |= isSlice;
            isSync |= h265 ? type is >= 16 and <= 21 : type == 5;
            open.AddRange([0, 0, 0, 1, .. nal]);
        }
        pictures.Add(([.. open], isSync));
        return pictures;
    }

    public static List<byte[]> Nals(byte[] stream)
    {
        List<byte[]> nals = [];
        for (var at = stream.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 1]); at >= 0;)
        {
            at += 3;
            var length = stream.AsSpan(at).IndexOf((ReadOnlySpan<byte>)[0, 0, 1]);
            nals.Add(stream.AsSpan(at, length < 0 ? stream.Length - at : length).TrimEnd((byte)0).ToArray());
            at = length < 0 ? -1 : at + length;
        }
        return nals;
    }
}
