using System.Globalization;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>y= of a session description (GB/T 28181-2022, annex G): ten decimal digits, D RRRRR NNNN, that are the SSRC of its RTP.</summary>
internal static class Ssrc
{
    public const int Length = 10;

    /// <summary>Blanks around it are forgiven. False: it is no number, or none that 32 bits hold.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out uint ssrc)
        => uint.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ssrc);

    public static string ToText(uint ssrc) => ssrc.ToString("D10", CultureInfo.InvariantCulture);
}

/// <summary>Hands out SSRCs of our own domain: the last four digits are given to one stream at a time, live or not.</summary>
internal sealed class SsrcPool
{
    private const int Numbers = 10_000;

    private readonly Lock _gate = new();
    private readonly bool[] _taken = new bool[Numbers];
    private readonly uint _domain;
    private int _last;

    /// <param name="domain">Ten digits or more; the fourth to the eighth stand in every SSRC.</param>
    /// <exception cref="ArgumentException">The domain is none.</exception>
    public SsrcPool(string domain)
    {
        if (domain.Length < 8 || !uint.TryParse(domain.AsSpan(3, 5), NumberStyles.None, CultureInfo.InvariantCulture, out _domain))
            throw new ArgumentException($"{domain} has no digits four to eight", nameof(domain));
    }

    /// <summary>Null when 10,000 streams run. Numbers that were given back come again as late as possible: what an old session still sends is not taken for a new one's.</summary>
    public uint? Take(bool isLive)
    {
        lock (_gate)
        {
            for (var tries = 0; tries < Numbers; tries++)
            {
                _last = (_last + 1) % Numbers;
                if (_taken[_last])
                    continue;
                _taken[_last] = true;
                return (isLive ? 0 : 1_000_000_000u) + _domain * Numbers + (uint)_last;
            }
            return null;
        }
    }

    public void Return(uint ssrc)
    {
        lock (_gate)
            _taken[ssrc % Numbers] = false;
    }
}
