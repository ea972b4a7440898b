namespace EdgeRecorder.MediaWorker;

/// <summary>
/// Which pixels the masks of a job cover, for pictures of one size. Rather too many than too few: every pixel that a polygon touches, grown to whole
/// blocks of 2 × 2, so that no colour of what lies under it remains in the coarser chroma planes.
/// </summary>
internal sealed class MaskShape
{
    private readonly bool[] _blocks;                        // 2 × 2 pixels each

    public MaskShape(int width, int height, IReadOnlyList<double[][]> polygons)
    {
        (Width, Height) = (width, height);
        (Columns, Rows) = ((width + 1) / 2, (height + 1) / 2);
        _blocks = new bool[Columns * Rows];
        foreach (var polygon in polygons)
            Add(polygon);
    }

    public int Width { get; }
    public int Height { get; }

    /// <summary>Blocks, and pixels of a chroma plane.</summary>
    public int Columns { get; }
    public int Rows { get; }

    public bool Covers(int x, int y) => _blocks[y / 2 * Columns + x / 2];

    /// <summary>A row of blocks.</summary>
    public ReadOnlySpan<bool> Row(int row) => _blocks.AsSpan(row * Columns, Columns);

    private void Add(double[][] polygon)
    {
        var points = new (double X, double Y)[polygon.Length];         // in blocks; of an odd side the last block is half outside
        for (var i = 0; i < points.Length; i++)
            points[i] = (polygon[i][0] * Width / 2, polygon[i][1] * Height / 2);
        for (var row = 0; row < Rows; row++)
            Fill(row, points);
        for (var i = 0; i < points.Length; i++)
            Edge(points[i], points[(i + 1) % points.Length]);
    }

    /// <summary>The inside along the middle of a row: where the windings do not cancel out, so that a polygon that crosses itself has no holes.</summary>
    private void Fill(int row, (double X, double Y)[] points)
    {
        var y = row + 0.5;
        List<(double X, int Turn)> crossings = [];
        for (var i = 0; i < points.Length; i++)
        {
            var (a, b) = (points[i], points[(i + 1) % points.Length]);
            if (a.Y <= y != b.Y <= y)
                crossings.Add((a.X + (y - a.Y) / (b.Y - a.Y) * (b.X - a.X), a.Y < b.Y ? 1 : -1));
        }
        crossings.Sort();
        var winding = 0;
        for (var i = 0; i + 1 < crossings.Count; i++)
        {
            winding += crossings[i].Turn;
            if (winding != 0)
                Cover(row, crossings[i].X, crossings[i + 1].X);
        }
    }

    /// <summary>Every block that the line from a to b passes through.</summary>
    private void Edge((double X, double Y) a, (double X, double Y) b)
    {
        if (a.Y > b.Y)
            (a, b) = (b, a);
        for (var row = Clamp(a.Y, Rows); row <= Clamp(b.Y, Rows); row++)
        {
            var (top, bottom) = (Math.Max(a.Y, row), Math.Min(b.Y, row + 1));
            var (from, to) = b.Y - a.Y < 1e-9 ? (a.X, b.X) : (At(top), At(bottom));
            Cover(row, Math.Min(from, to), Math.Max(from, to));
        }

        double At(double y) => a.X + Math.Clamp((y - a.Y) / (b.Y - a.Y), 0, 1) * (b.X - a.X);
    }

    private void Cover(int row, double from, double to)
        => _blocks.AsSpan(row * Columns + Clamp(from, Columns), Clamp(to, Columns) - Clamp(from, Columns) + 1).Fill(true);

    private static int Clamp(double value, int count) => Math.Clamp((int)Math.Floor(value), 0, count - 1);
}
