namespace EdgeRecorder.Recording;

/// <summary>Bits and pictures per second over the last five seconds or a little more, out of whole fragments.</summary>
internal sealed class RateMeter
{
    private const long WindowUs = 5_000_000;

    private long _sinceUs = -1;
    private long _bytes;
    private int _pictures;

    public long BitsPerSecond { get; private set; }
    public double FrameRate { get; private set; }

    public void Add(int bytes, int pictures, long nowUs)
    {
        if (_sinceUs < 0)
        {
            _sinceUs = nowUs;                               // what came before the first call is of unknown length
            return;
        }
        (_bytes, _pictures) = (_bytes + bytes, _pictures + pictures);
        var elapsedUs = nowUs - _sinceUs;
        if (elapsedUs < WindowUs && BitsPerSecond > 0 || elapsedUs < WindowUs / 5)
            return;
        BitsPerSecond = _bytes * 8 * 1_000_000 / elapsedUs;
        FrameRate = Math.Round(_pictures * 1e6 / elapsedUs, 2);
        if (elapsedUs >= WindowUs)
            (_sinceUs, _bytes, _pictures) = (nowUs, 0, 0);
    }

    public void Reset() => (_sinceUs, _bytes, _pictures, BitsPerSecond, FrameRate) = (-1, 0, 0, 0, 0);
}
