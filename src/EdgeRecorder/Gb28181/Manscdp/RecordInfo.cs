namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>A recording that a device holds.</summary>
internal sealed record RecordItem(string DeviceId)
{
    public string Name { get; init; } = "";
    public string FilePath { get; init; } = "";
    public string Address { get; init; } = "";
    public DateTime? StartTime { get; init; }
    public DateTime? EndTime { get; init; }
    public int? Secrecy { get; init; }

    /// <summary>time, alarm, manual.</summary>
    public string Type { get; init; } = "";
    public string RecorderId { get; init; } = "";
    public long? FileSizeBytes { get; init; }
    public string RecordLocation { get; init; } = "";
    public int? StreamNumber { get; init; }

    /// <summary>What tells two apart: devices send the same one twice.</summary>
    public (DateTime?, DateTime?, string) Key => (StartTime, EndTime, FilePath);

    /// <returns>Null for one without a time: it cannot be asked for.</returns>
    public static RecordItem? Read(ref XmlPull xml)
    {
        var item = new RecordItem("");
        var depth = xml.Depth;
        while (xml.Child(depth))
            item = xml.Name.ToString().ToUpperInvariant() switch
            {
                "DEVICEID" => item with { DeviceId = xml.Text() },
                "NAME" => item with { Name = xml.Text() },
                "FILEPATH" => item with { FilePath = xml.Text() },
                "ADDRESS" => item with { Address = xml.Text() },
                "STARTTIME" => item with { StartTime = xml.Time() },
                "ENDTIME" => item with { EndTime = xml.Time() },
                "SECRECY" => item with { Secrecy = xml.Number() },
                "TYPE" => item with { Type = xml.Text() },
                "RECORDERID" => item with { RecorderId = xml.Text() },
                "FILESIZE" => item with { FileSizeBytes = xml.LongNumber() },
                "RECORDLOCATION" => item with { RecordLocation = xml.Text() },
                "STREAMNUMBER" => item with { StreamNumber = xml.Number() },
                _ => item,
            };
        return item.StartTime is null || item.EndTime is null ? null : item;
    }

    public void Write(XmlText xml)
    {
        xml.Open("Item").Add("DeviceID", DeviceId).Add("Name", Name).Add("FilePath", Filled(FilePath)).Add("Address", Filled(Address)).Add("StartTime", StartTime).Add("EndTime", EndTime)
            .Add("Secrecy", Secrecy).Add("Type", Filled(Type)).Add("RecorderID", Filled(RecorderId)).Add("FileSize", FileSizeBytes).Add("RecordLocation", Filled(RecordLocation))
            .Add("StreamNumber", StreamNumber).Close();

        static string? Filled(string text) => text.Length > 0 ? text : null;
    }
}

/// <summary>Which recordings a device holds of a channel.</summary>
internal sealed record RecordInfoQuery(DateTime? StartTime, DateTime? EndTime) : ManscdpDocument(ManscdpRoot.Query, "RecordInfo")
{
    public string FilePath { get; init; } = "";
    public string Address { get; init; } = "";
    public int Secrecy { get; init; }

    /// <summary>time, alarm, manual or all.</summary>
    public string Type { get; init; } = "all";
    public string RecorderId { get; init; } = "";
    public int? IndistinctQuery { get; init; }

    /// <summary>2022: 0 main, 1 sub.</summary>
    public int? StreamNumber { get; init; }

    public static RecordInfoQuery Read(ref XmlPull xml)
    {
        var query = new RecordInfoQuery(null, null);
        while (xml.Child(1))
            query = xml.Name.ToString().ToUpperInvariant() switch
            {
                "STARTTIME" => query with { StartTime = xml.Time() },
                "ENDTIME" => query with { EndTime = xml.Time() },
                "FILEPATH" => query with { FilePath = xml.Text() },
                "ADDRESS" => query with { Address = xml.Text() },
                "SECRECY" => query with { Secrecy = xml.Number() ?? 0 },
                "TYPE" => query with { Type = xml.Text() is { Length: > 0 } type ? type : "all" },
                "RECORDERID" => query with { RecorderId = xml.Text() },
                "INDISTINCTQUERY" => query with { IndistinctQuery = xml.Number() },
                "STREAMNUMBER" => query with { StreamNumber = xml.Number() },
                _ => query,
            };
        return query;
    }

    protected override void Write(XmlText xml)
        => xml.Add("StartTime", StartTime).Add("EndTime", EndTime).Add("FilePath", FilePath.Length > 0 ? FilePath : null).Add("Address", Address.Length > 0 ? Address : null)
            .Add("Secrecy", Secrecy).Add("Type", Type).Add("RecorderID", RecorderId.Length > 0 ? RecorderId : null).Add("IndistinctQuery", IndistinctQuery).Add("StreamNumber", StreamNumber);
}

/// <summary>A part of the list of recordings.</summary>
internal sealed record RecordInfoResponse(string Name, ListPart<RecordItem> Part) : ManscdpDocument(ManscdpRoot.Response, "RecordInfo")
{
    public const int MostItems = 10_000;

    public static RecordInfoResponse Read(ref XmlPull xml)
    {
        List<RecordItem> items = [];
        var (name, sum, unnamed) = ("", 0, 0);
        while (xml.Child(1))
            if (xml.Is("Name"))
                name = xml.Text();
            else if (xml.Is("SumNum"))
                sum = xml.Number() ?? 0;
            else if (xml.Is("RecordList"))
                while (xml.Child(2))
                    if (xml.Is("Item"))
                    {
                        if (items.Count < MostItems && RecordItem.Read(ref xml) is { } item)
                            items.Add(item);
                        else
                            unnamed++;
                    }
        return new(name, new(sum, items, unnamed));
    }

    protected override void Write(XmlText xml)
    {
        xml.Add("Name", Name).Add("SumNum", Part.SumNum);
        if (Part.Items.Count == 0)
            return;
        xml.Open("RecordList", Part.Items.Count);
        foreach (var item in Part.Items)
            item.Write(xml);
        xml.Close();
    }
}
