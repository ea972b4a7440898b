using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Tests.MediaWorker;

public sealed class MaskShapeTests
{
    [Fact]
    public void Every_pixel_that_a_polygon_touches_is_covered()
    {
        var random = new Random(11);
        for (var round = 0; round < 300; round++)
        {
            var (width, height) = (16 + random.Next(100), 16 + random.Next(100));
            var polygon = Enumerable.Range(0, 3 + random.Next(6)).Select(_ => new[] { random.NextDouble(), random.NextDouble() }).ToArray();
            var shape = new MaskShape(width, height, [polygon]);
            for (var probe = 0; probe < 400; probe++)
            {
                var (x, y) = (random.NextDouble(), random.NextDouble());
                if (Winding(polygon, x, y) != 0)
                    Assert.True(shape.Covers((int)(x * width), (int)(y * height)), $"round {round}: {x} {y}");
            }
        }
    }

    [Fact]
    public void What_lies_away_from_it_is_not()
    {
        var shape = new MaskShape(100, 100, [[[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]]);
        for (var y = 0; y < 100; y++)
            for (var x = 0; x < 100; x++)
                if (x is < 18 or > 62 || y is < 18 or > 62)
                    Assert.False(shape.Covers(x, y));
                else if (x is >= 20 and < 60 && y is >= 20 and < 60)
                    Assert.True(shape.Covers(x, y));
    }

    [Theory]
    [InlineData(0, 0, 1, 1)]
    [InlineData(1, 1, 0, 0)]
    public void The_whole_picture_can_be_covered(double left, double top, double right, double bottom)
    {
        var shape = new MaskShape(33, 17, [[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]]);
        Assert.All(Enumerable.Range(0, 33 * 17), i => Assert.True(shape.Covers(i % 33, i / 33)));
    }

    [Fact]
    public void A_line_without_an_inside_is_covered_along_itself()
    {
        var shape = new MaskShape(64, 64, [[[0.1, 0.1], [0.9, 0.9], [0.1, 0.1]]]);
        for (var i = 7; i < 57; i++)
            Assert.True(shape.Covers(i, i));
        Assert.False(shape.Covers(50, 10));
    }

    /// <summary>How often the polygon goes around a point.</summary>
    private static int Winding(double[][] polygon, double x, double y)
    {
        var winding = 0;
        for (var i = 0; i < polygon.Length; i++)
        {
            var (a, b) = (polygon[i], polygon[(i + 1) % polygon.Length]);
            if (a[1] <= y != b[1] <= y && a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > x)
                winding += a[1] < b[1] ? 1 : -1;
        }
        return winding;
    }
}
