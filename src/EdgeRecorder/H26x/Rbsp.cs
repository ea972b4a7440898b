namespace EdgeRecorder.H26x;

/// <summary>Raw byte sequence payload: a NAL unit without its emulation_prevention_three_bytes (H.264 7.4.1, H.265 7.4.2.1).</summary>
internal static class Rbsp
{
    /// <summary>Writes <paramref name="nal"/> without escapes; returns how many bytes that were. Stops when <paramref name="target"/> is full.</summary>
    public static int Unescape(ReadOnlySpan<byte> nal, Span<byte> target)
    {
        var (zeros, count) = (0, 0);
        foreach (var value in nal)
        {
            if (zeros >= 2 && value == 3)
            {
                zeros = 0;
                continue;
            }
            if (count == target.Length)
                break;
            target[count++] = value;
            zeros = value == 0 ? zeros + 1 : 0;
        }
        return count;
    }

    public static byte[] Unescape(ReadOnlySpan<byte> nal)
    {
        var rbsp = new byte[nal.Length];
        return rbsp[..Unescape(nal, rbsp)];
    }
}
