using System.Globalization;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>
/// The ports that sessions share: a pair each, RTP on the even one, RTCP on the next. A pair that was given back rests for a while, so that late packets of an old session do not come to a new one.
/// </summary>
internal sealed class RtpPortRange
{
    public const long QuarantineUs = 5_000_000;

    private readonly Lock _gate = new();
    private readonly bool[] _taken;
    private readonly long[] _freeFromUs;
    private readonly int _first;
    private int _last = -1;

    /// <exception cref="ArgumentOutOfRangeException">There is no pair in it.</exception>
    public RtpPortRange(int first, int last)
    {
        _first = first + (first & 1);
        var pairs = (last - _first + 1) / 2;
        if (first < 1 || last > ushort.MaxValue || pairs < 1)
            throw new ArgumentOutOfRangeException(nameof(last), $"{first}-{last} holds no even port with the next");
        (_taken, _freeFromUs) = (new bool[pairs], new long[pairs]);
    }

    /// <summary>Pairs in all.</summary>
    public int Count => _taken.Length;

    /// <summary>FIRST-LAST, as in the configuration.</summary>
    /// <exception cref="FormatException">It is not that.</exception>
    public static RtpPortRange Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0 && int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first >= 1 && last <= ushort.MaxValue && last > first + (first & 1))
            return new(first, last);
        throw new FormatException($"{text} is no range of ports: FIRST-LAST, a pair for each stream");
    }

    /// <summary>The even port of a pair; null when all are taken or rest.</summary>
    public int? Take(long nowUs)
    {
        lock (_gate)
        {
            for (var tries = 0; tries < _taken.Length; tries++)
            {
                _last = (_last + 1) % _taken.Length;
                if (_taken[_last] || nowUs < _freeFromUs[_last])
                    continue;
                _taken[_last] = true;
                return _first + 2 * _last;
            }
            return null;
        }
    }

    public void Return(int port, long nowUs)
    {
        lock (_gate)
            (_taken[(port - _first) / 2], _freeFromUs[(port - _first) / 2]) = (false, nowUs + QuarantineUs);
    }
}
