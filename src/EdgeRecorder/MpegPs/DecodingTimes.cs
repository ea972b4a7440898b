namespace EdgeRecorder.MpegPs;

/// <summary>
/// Decoding times for pictures that come in coding order with nothing but the times at which they are shown: a picture's own, unless pictures that are shown before it are still to come. Those
/// are not known yet; that there is a hole in front of a picture says so. They grow, and none is later than the time of a picture that follows.
/// </summary>
internal sealed class DecodingTimes
{
    private const int MostAhead = 16;                       // H.264 A.3.1, H.265 A.4.2: what a decoder keeps
    private const long FirstStep90k = 3600;
    private const long LongestHole90k = 900_000;

    private readonly long[] _ahead = new long[MostAhead];   // pictures before which there is a hole, growing
    private int _count;
    private long? _shown;                                   // up to here there is none
    private long _last;
    private long _step = FirstStep90k;                      // from one picture to the one shown after it

    /// <param name="pts">Of the next picture, 90 kHz.</param>
    public long Next(long pts)
    {
        if (_shown is not { } shown || Math.Abs(pts - shown) > LongestHole90k)
            return Begin(pts);
        if (_count > 0 && pts > _ahead[_count - 1] || _count == MostAhead)
        {
            _step = Math.Max(_step, _ahead[0] - shown);     // nothing came that fills the hole: the pictures are that far apart
            (_shown, _count) = (shown = _ahead[_count - 1], 0);
        }
        var distance = pts - shown;
        if (distance <= 0)
        {
            _step = Math.Max(1, Math.Min(_step, -distance));
            return pts;                                     // it comes too late, as its hole was taken for none
        }
        long dts;
        if (IsNext(distance))
        {
            _step = Math.Min(_step, distance);
            dts = pts;
            _shown = pts;
            Close();
        }
        else
        {
            Keep(pts);
            dts = _last + Math.Max(1, (shown + _step - _last) / 2);     // the first of the hole comes at shown + step
        }
        return dts > _last && dts <= pts ? _last = dts : pts;
    }

    private bool IsNext(long distance) => 2 * distance <= 3 * _step;

    private long Begin(long pts)
    {
        (_shown, _last, _count) = (pts, pts, 0);
        return pts;
    }

    private void Keep(long pts)
    {
        var at = _count++;
        for (; at > 0 && _ahead[at - 1] > pts; at--)
            _ahead[at] = _ahead[at - 1];
        _ahead[at] = pts;
    }

    /// <summary>Pictures that were ahead have their turn.</summary>
    private void Close()
    {
        var closed = 0;
        while (closed < _count && IsNext(_ahead[closed] - _shown!.Value))
            _shown = Math.Max(_shown.Value, _ahead[closed++]);
        _count -= closed;
        _ahead.AsSpan(closed, _count).CopyTo(_ahead);
    }
}
