namespace EdgeRecorder.Simulators;

/// <summary>A vehicle that goes round a few streets for ever, slower at the corners. Positions are WGS 84.</summary>
internal sealed class Drive
{
    private const double MetresPerDegree = 111_320;
    private const double CruiseKmh = 46, CornerKmh = 12, SlowingMetres = 90;

    /// <summary>Corners of the loop, latitude and longitude; about 6 km.</summary>
    private static readonly (double Latitude, double Longitude)[] _corners =
    [
        (31.230416, 121.473701), (31.233260, 121.475480), (31.238610, 121.478910), (31.241820, 121.484150), (31.240330, 121.490020), (31.235120, 121.491260),
        (31.229870, 121.489300), (31.224960, 121.487010), (31.221540, 121.481820), (31.222470, 121.475390), (31.226310, 121.472210),
    ];

    private double _along;                                     // metres since the corner behind
    private int _corner;
    private double _time;

    /// <param name="share">Where on the loop it begins, 0 to 1.</param>
    public Drive(double share, double now)
    {
        _time = now;
        _corner = (int)(share * _corners.Length) % _corners.Length;
        Move(0);
    }

    public double Latitude { get; private set; }
    public double Longitude { get; private set; }

    /// <summary>Degrees, north is 0, clockwise.</summary>
    public double Direction { get; private set; }

    public double SpeedKmh { get; private set; }
    public double Kilometres { get; private set; }

    /// <summary>Drives on until that instant, a second at a time.</summary>
    public void AdvanceTo(double now)
    {
        for (; _time < now; _time = Math.Min(now, _time + 1))
            Move(Math.Min(1, now - _time));
    }

    private void Move(double seconds)
    {
        var metres = SpeedKmh / 3.6 * seconds;
        Kilometres += metres / 1000;
        _along += metres;
        var (from, to, length) = Street();
        while (_along >= length)
        {
            _along -= length;
            _corner = (_corner + 1) % _corners.Length;
            (from, to, length) = Street();
        }
        var share = _along / length;
        Latitude = from.Latitude + (to.Latitude - from.Latitude) * share;
        Longitude = from.Longitude + (to.Longitude - from.Longitude) * share;
        var (north, east) = Vector(from, to);
        Direction = (Math.Atan2(east, north) * 180 / Math.PI + 360) % 360;
        var toCorner = Math.Min(_along, length - _along);
        SpeedKmh = CornerKmh + (CruiseKmh - CornerKmh) * Math.Min(1, toCorner / SlowingMetres);
    }

    private ((double Latitude, double Longitude) From, (double Latitude, double Longitude) To, double Length) Street()
    {
        var from = _corners[_corner];
        var to = _corners[(_corner + 1) % _corners.Length];
        var (north, east) = Vector(from, to);
        return (from, to, Math.Sqrt(north * north + east * east));
    }

    private static (double North, double East) Vector((double Latitude, double Longitude) from, (double Latitude, double Longitude) to)
        => ((to.Latitude - from.Latitude) * MetresPerDegree, (to.Longitude - from.Longitude) * MetresPerDegree * Math.Cos(from.Latitude * Math.PI / 180));
}
