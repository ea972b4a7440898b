namespace EdgeRecorder.Jt1078;

/// <summary>
/// The size of G.726 code words, which no packet says: by what its bytes last, as time stamps tell; by the size alone before there are two packets, or where
/// stamps stand still: 320 samples, as HiSilicon's samples and most terminals send them.
/// </summary>
internal sealed class G726BitRate
{
    private const int UsualSamples = 320;
    private const int ToChange = 3;                         // in a row: a packet that was skipped looks like half the rate

    private int _bits;
    private bool _isMeasured;
    private int _others;
    private int _length;
    private ulong _stamp;

    /// <param name="length">Bytes of the packet, without the HiSilicon header.</param>
    /// <returns>2 to 5.</returns>
    public int Bits(int length, ulong stamp, bool lossBefore)
    {
        var measured = lossBefore || _length == 0 ? 0 : Measure(_length, (long)(stamp - _stamp));
        (_length, _stamp) = (length, stamp);
        if (_bits == 0)
            _bits = Math.Clamp((length * 8 + UsualSamples / 2) / UsualSamples, 2, 5);
        _others = measured == 0 ? _others : measured == _bits ? 0 : _others + 1;
        if (measured != 0 && (!_isMeasured || _others >= ToChange))
            (_bits, _isMeasured, _others) = (measured, true, 0);
        return _bits;
    }

    private static int Measure(int length, long stepMs)
    {
        if (stepMs is <= 0 or > 1000)
            return 0;
        var kilobits = length * 8.0 / stepMs;
        var bits = (int)Math.Round(kilobits / 8);
        return bits is >= 2 and <= 5 && Math.Abs(kilobits - bits * 8) <= 2.5 ? bits : 0;
    }
}
