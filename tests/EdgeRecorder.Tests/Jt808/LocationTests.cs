using EdgeRecorder.Jt808;

namespace EdgeRecorder.Tests.Jt808;

public sealed class LocationTests
{
    private static LocationReport Of(string name) => LocationReport.Parse(Heard.Of(Vectors.Of(name)).Body);

    [Fact]
    public void J21_a_position_with_mileage_and_fuel()
    {
        var report = Of("J21");
        Assert.Equal((1u, 2u, 12.222222, 132.444444), (report.Alarms, report.Status, report.Latitude, report.Longitude));
        Assert.Equal((40, 60, new DateTime(2018, 7, 15, 10, 10, 10)), ((int)report.AltitudeM, (int)report.SpeedTenthsKmh, report.Time!.Value));
        Assert.Equal((100u, (ushort)55), (report.MileageTenthsKm, report.FuelTenthsL));
        Assert.Empty(report.Others);
        Assert.True(report.HasFix);
    }

    [Fact]
    public void J22_a_latitude_that_cannot_be_is_kept_and_is_no_fix()
    {
        var report = Of("J22");
        Assert.Equal((0x400u, 0x800u, 116_307_629u, 40_058_359u, 312), (report.Alarms, report.Status, report.LatitudeE6, report.LongitudeE6, report.AltitudeM));
        Assert.Equal(new DateTime(2024, 10, 1, 23, 59, 59), report.Time);
        Assert.False((report with { Status = 2 }).HasFix);
    }

    [Fact]
    public void J23_a_device_with_items_of_its_own()
    {
        var report = Of("J23");
        Assert.Equal((28.525581, 77.275211, 219), (report.Latitude, report.Longitude, report.AltitudeM));
        Assert.Equal(new DateTime(2023, 11, 24, 6, 12, 36), report.Time);                         // it was 14:12 in GMT+8: it sends UTC
        Assert.Equal((0u, 4u, 0u, (ushort)1, (byte)31, (byte)13),
            (report.MileageTenthsKm!.Value, report.VideoAlarms!.Value, report.SignalLossChannels!.Value, report.StorageFaults!.Value, report.SignalStrength!.Value, report.Satellites!.Value));
        Assert.Equal([(0xEB, 63), (0xEF, 13)], report.Others.Select(item => ((int)item.Id, item.Value.Length)));
    }

    [Fact]
    public void J24_items_0x17_and_0x18_with_lengths_of_a_maker_are_not_taken_for_the_standards()
    {
        var report = Of("J24");
        Assert.Equal((1u << 19, 0x40003u), (report.Alarms, report.Status));
        Assert.Equal((VideoAlarmBits.Occlusion, 0x0BFEu), ((VideoAlarmBits)report.VideoAlarms!, report.OcclusionChannels!.Value));
        Assert.Equal((null, null, null), (report.StorageFaults, report.AbnormalDriving, report.FatigueDegree));
        Assert.Equal([(0x21, 8), (0x25, 4), (0x2B, 4), (0x17, 1), (0x18, 4)], report.Others.Select(item => ((int)item.Id, item.Value.Length)));
        Assert.Equal("011D0000", Convert.ToHexString(report.Others[^1].Value.Span));
    }

    [Theory]
    [InlineData("J26")]
    [InlineData("J27")]
    public void Video_alarms_of_1078(string name)
    {
        var report = Of(name);
        Assert.Equal((31.230416, 121.473701, 12, 305, 90), (report.Latitude, report.Longitude, report.AltitudeM, report.SpeedTenthsKmh, report.Direction));
        Assert.Equal(new DateTime(2026, 1, 15, 8, 30, 45), report.Time);
        Assert.Equal(new DateTimeOffset(2026, 1, 15, 0, 30, 45, TimeSpan.Zero), WireTime.ToUtc(report.Time!.Value));
        Assert.Equal(VideoAlarmBits.SignalLoss | VideoAlarmBits.Occlusion, (VideoAlarmBits)report.VideoAlarms!);
        Assert.Equal((0b101u, 0b10u, (ushort)0x1001), (report.SignalLossChannels!.Value, report.OcclusionChannels!.Value, report.StorageFaults!.Value));
        Assert.Equal((2, 80, 100_000u), (report.AbnormalDriving!.Value, report.FatigueDegree!.Value, report.MileageTenthsKm!.Value));
        Assert.True(report is { IsAccOn: true, HasFix: true, IsEncrypted: false, Others.Count: 0 });
    }

    [Fact]
    public void South_and_west_are_negative()
    {
        var report = Of("J26") with { Status = 0b1110 };
        Assert.Equal((-31.230416, -121.473701), (report.Latitude, report.Longitude));
    }

    [Fact]
    public void Every_prefix_of_the_items_gives_the_position_and_the_items_that_are_whole()
    {
        var body = Heard.Of(Vectors.Of("J26")).Body;
        for (var length = 28; length <= body.Length; length++)
        {
            var report = LocationReport.Parse(body.AsSpan(0, length));
            Assert.Equal(31.230416, report.Latitude);
            Assert.Equal(length >= 28 + 6, report.VideoAlarms is not null);
            Assert.Equal(length == body.Length, report.MileageTenthsKm is not null);
        }
    }

    [Theory]
    [InlineData("000000000000")]
    [InlineData("260231000000")]
    [InlineData("260115240000")]
    [InlineData("26011508304A")]
    public void What_is_no_time_is_none(string bcd)
    {
        var body = Heard.Of(Vectors.Of("J26")).Body;
        Convert.FromHexString(bcd).CopyTo(body, 22);
        Assert.Null(LocationReport.Parse(body).Time);
    }

    [Theory]
    [InlineData("J28", LocationOrigin.Batch, 2, 12.222222)]
    [InlineData("J29", LocationOrigin.Batch, 2, 116.307629)]
    public void A_batch_holds_positions(string name, object origin, int count, double latitude)
    {
        var batch = new LocationBatch(Heard.Of(Vectors.Of(name)).Body);
        Assert.Equal((LocationOrigin)origin, batch.Origin);
        Assert.True(batch.TryNext(out var first));
        Assert.Equal(latitude, first.Latitude);
        for (var i = 1; i < count; i++)
            Assert.True(batch.TryNext(out _));
        Assert.False(batch.TryNext(out _));
    }

    [Fact]
    public void A_batch_of_the_blind_area_says_so_and_steps_over_what_is_too_short()
    {
        var position = Heard.Of(Vectors.Of("J22")).Body;
        var batch = new LocationBatch([0, 9, 1, 0, 3, 1, 2, 3, 0, 28, .. position, 0xFF, 0xFF, 1]);
        Assert.Equal(LocationOrigin.Blind, batch.Origin);
        Assert.True(batch.TryNext(out var only));
        Assert.Equal(0x400u, only.Alarms);
        Assert.False(batch.TryNext(out _));
    }
}
