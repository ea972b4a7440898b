using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Gb28181.Manscdp;

public sealed class ListAssemblerTests
{
    private readonly ListAssembler<CatalogItem> _list = new(7, item => item.DeviceId, 0);

    [Fact]
    public void V9_comes_in_two_parts_in_any_order()
    {
        var list = new ListAssembler<CatalogItem>(17430, item => item.DeviceId, 0);
        foreach (var vector in (string[])["V9.2", "V9.1"])
        {
            Assert.False(list.IsComplete);
            var part = Assert.IsType<CatalogResponse>(ManscdpDocument.Parse(Vectors.BodyOf(vector)));
            Assert.True(list.Add(part.Sn, part.Part, 0));
        }
        Assert.True(list.IsComplete);
        Assert.Equal(["Rear", "前门摄像机"], list.Items.Select(item => item.Name));
    }

    [Fact]
    public void An_entry_that_comes_twice_counts_once_and_the_later_one_counts()
    {
        _list.Add(7, Part(3, "a", "b"), 0);
        _list.Add(7, new(3, [new CatalogItem("b") { Name = "new" }], 0), 0);
        Assert.False(_list.IsComplete);
        _list.Add(7, Part(3, "c"), 0);
        Assert.True(_list.IsComplete);
        Assert.Equal(["", "new", ""], _list.Items.Select(item => item.Name));
    }

    [Fact]
    public void A_sum_that_is_never_reached_ends_with_silence()
    {
        _list.Add(7, Part(5, "a"), 1000);
        Assert.False(_list.IsOver(8999));
        _list.Add(7, Part(5, "b"), 8999);
        Assert.False(_list.IsOver(16_998));
        Assert.True(_list.IsOver(16_999));
        Assert.False(_list.IsComplete);
        Assert.Equal(2, _list.Items.Count);
    }

    [Fact]
    public void A_device_that_answers_nothing_has_longer_for_its_first_part()
    {
        Assert.False(_list.IsOver(19_999));
        Assert.True(_list.IsOver(20_000));
    }

    [Fact]
    public void Nothing_is_a_list_too()
    {
        _list.Add(7, Part(0), 0);
        Assert.True(_list.IsComplete);
    }

    [Fact]
    public void A_sum_that_counts_its_part_only_is_not_believed_before_the_larger_one()
    {
        _list.Add(7, Part(4, "a"), 0);
        _list.Add(7, Part(1, "b"), 0);
        Assert.False(_list.IsComplete);
    }

    [Fact]
    public void Entries_without_a_name_count_towards_the_sum()
    {
        _list.Add(7, new(3, [new CatalogItem("a")], 2), 0);
        Assert.True(_list.IsComplete);
        Assert.Single(_list.Items);
    }

    [Fact]
    public void Parts_of_another_list_are_not_taken()
    {
        Assert.False(_list.Add(8, Part(1, "a"), 0));
        Assert.Empty(_list.Items);
    }

    [Fact]
    public void A_list_has_an_end_however_long_the_device_goes_on()
    {
        for (var s = 0; s < 600; s += 5)
            _list.Add(7, Part(int.MaxValue, $"{s}"), s * 1000);
        Assert.True(_list.IsOver(600_000));
        for (var i = 0; i < 11; i++)
            _list.Add(7, new(int.MaxValue, [.. Enumerable.Range(i * 10_000, 10_000).Select(n => new CatalogItem($"n{n}"))], 0), 600_000);
        Assert.Equal(ListAssembler<CatalogItem>.Most, _list.Items.Count);
        Assert.True(_list.IsCut);
    }

    [Fact]
    public void Recordings_are_told_apart_by_time_and_file()
    {
        var list = new ListAssembler<RecordItem>(1, item => item.Key, 0);
        var one = new RecordItem("c") { StartTime = new(2026, 1, 1), EndTime = new(2026, 1, 2), FilePath = "/1" };
        list.Add(1, new(3, [one, one, one with { FilePath = "/2" }], 0), 0);
        Assert.Equal(2, list.Items.Count);
    }

    private static ListPart<CatalogItem> Part(int sum, params string[] ids) => new(sum, [.. ids.Select(id => new CatalogItem(id))], 0);
}
