namespace EdgeRecorder.Sound;

/// <summary>Twice as many samples per second: those that come, and between each two one of a half-band filter, (−1, 9, 9, −1) ÷ 16. Runs two samples behind what it is given.</summary>
internal sealed class Doubler
{
    public const int Lag = 2;

    private int _third, _second, _first;                    // before the newest

    public (short Sample, short Between) Next(short newest)
    {
        var between = (9 * (_second + _first) - _third - newest) / 16;
        var sample = (short)_second;
        (_third, _second, _first) = (_second, _first, newest);
        return (sample, (short)Math.Clamp(between, short.MinValue, short.MaxValue));
    }
}
