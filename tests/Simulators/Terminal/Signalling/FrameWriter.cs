namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>Makes frames of messages.</summary>
/// <remarks>
/// <code>7E | id (2) | properties (2) | [version (1)] | phone BCD[6 or 10] | serial (2) | [total (2) | index (2)] | body | check | 7E</code>
/// Properties: bits 0–9 length of this package's body, 13 sub-packaged, 14 version. Check: XOR from the id to the end of the body.
/// Between the delimiters 7E is 7D 02 and 7D is 7D 01.
/// </remarks>
internal static class FrameWriter
{
    public const byte Delimiter = 0x7E;
    public const byte Escape = 0x7D;
    public const int LongestBody = 1023;
    private const int SubPackaged = 1 << 13;
    private const int VersionFlag = 1 << 14;

    public static byte[] Write(in SignalHeader header, ReadOnlySpan<byte> body)
    {
        if (body.Length > LongestBody)
            throw new ArgumentException($"a package holds {LongestBody} bytes, not {body.Length}", nameof(body));
        var plain = new BodyWriter();
        plain.U16(header.Id);
        plain.U16(body.Length | (header.Total > 0 ? SubPackaged : 0) | (header.Form.SetsBit14() ? VersionFlag : 0));
        if (header.Form.IsWide())
            plain.U8(header.Version);
        plain.Bcd(header.Phone, header.Form.IsWide() ? 10 : 6);
        plain.U16(header.Serial);
        if (header.Total > 0)
        {
            plain.U16(header.Total);
            plain.U16(header.Index);
        }
        plain.Bytes(body);
        byte check = 0;
        foreach (var b in plain.Written)
            check ^= b;
        plain.U8(check);

        var frame = new List<byte>(plain.Written.Length + 16) { Delimiter };
        foreach (var b in plain.Written)
        {
            if (b is Delimiter or Escape)
                frame.AddRange([Escape, (byte)(b == Delimiter ? 2 : 1)]);
            else
                frame.Add(b);
        }
        frame.Add(Delimiter);
        return [.. frame];
    }

    /// <summary>One frame, or several of one message when the body is longer than <paramref name="slice"/>: consecutive serials, the same total.</summary>
    public static List<(SignalHeader Header, byte[] Frame)> Split(SignalHeader header, ReadOnlySpan<byte> body, int slice = LongestBody)
    {
        var frames = new List<(SignalHeader, byte[])>();
        if (body.Length <= slice)
        {
            frames.Add((header, Write(header, body)));
            return frames;
        }
        var total = (body.Length + slice - 1) / slice;
        for (var i = 0; i < total; i++)
        {
            var part = header with { Serial = (ushort)(header.Serial + i), Total = (ushort)total, Index = (ushort)(i + 1) };
            frames.Add((part, Write(part, body[(i * slice)..Math.Min((i + 1) * slice, body.Length)])));
        }
        return frames;
    }
}
