namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>An entry of a catalog: a channel, a device, a region or an organisation (GB/T 28181-2016, A.2.1.9). A password in it is not read.</summary>
/// <param name="DeviceId">20 digits; 2, 4, 6 or 8 for a region.</param>
internal sealed record CatalogItem(string DeviceId)
{
    public string Name { get; init; } = "";
    public string Manufacturer { get; init; } = "";
    public string Model { get; init; } = "";
    public string Owner { get; init; } = "";
    public string CivilCode { get; init; } = "";
    public string Block { get; init; } = "";
    public string Address { get; init; } = "";

    /// <summary>True: it has entries below it.</summary>
    public bool? IsParent { get; init; }

    /// <summary>Platforms name several, separated by slashes.</summary>
    public string ParentId { get; init; } = "";
    public string BusinessGroupId { get; init; } = "";
    public int? SafetyWay { get; init; }
    public int? RegisterWay { get; init; }
    public int? Secrecy { get; init; }
    public string IpAddress { get; init; } = "";
    public int? Port { get; init; }

    /// <summary>Null where it says nothing that can be understood.</summary>
    public bool? IsOnline { get; init; }
    public double? Longitude { get; init; }
    public double? Latitude { get; init; }

    /// <summary>1 dome, 2 half dome, 3 fixed, 4 remote controlled, …</summary>
    public int? PtzType { get; init; }

    /// <summary>2022: "0/1/2", the streams it has.</summary>
    public string StreamNumbers { get; init; } = "";
    public string Resolution { get; init; } = "";
    public string DownloadSpeed { get; init; } = "";

    /// <summary>2022: 4 is a vehicle's recorder.</summary>
    public int? MobileDeviceType { get; init; }

    /// <summary>In a notification: ON OFF VLOST DEFECT ADD DEL UPDATE; empty elsewhere.</summary>
    public string Event { get; init; } = "";

    public IEnumerable<string> Parents => ParentId.Split('/', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>
    /// A camera, as far as one can tell: 20 digits, type 131 or 132, or a main device's type without entries below, or no parent and no type that is something else. The owner may
    /// name any other.
    /// </summary>
    public bool IsCamera
    {
        get
        {
            if (DeviceId.Length != 20 || !DeviceId.All(char.IsAsciiDigit))
                return false;
            var type = int.Parse(DeviceId.AsSpan(10, 3), System.Globalization.CultureInfo.InvariantCulture);
            return type is 131 or 132 || type is >= 111 and <= 130 && IsParent != true || IsParent == false && type is not (>= 134 and <= 137 or >= 200 and < 300);
        }
    }

    /// <param name="xml">Stands on the Item.</param>
    /// <returns>Null for one without a DeviceID.</returns>
    public static CatalogItem? Read(ref XmlPull xml)
    {
        var item = new CatalogItem("");
        var depth = xml.Depth;
        while (xml.Child(depth))
            if (xml.Is("Info"))
                while (xml.Child(depth + 1))
                    item = item.WithField(ref xml);
            else
                item = item.WithField(ref xml);
        return item.DeviceId.Length > 0 ? item : null;
    }

    public void Write(XmlText xml)
    {
        xml.Open("Item").Add("DeviceID", DeviceId).Add("Event", Filled(Event)).Add("Name", Name).Add("Manufacturer", Filled(Manufacturer)).Add("Model", Filled(Model)).Add("Owner", Filled(Owner))
            .Add("CivilCode", Filled(CivilCode)).Add("Block", Filled(Block)).Add("Address", Filled(Address)).Add("Parental", IsParent is { } parent ? parent ? 1 : 0 : null)
            .Add("ParentID", Filled(ParentId)).Add("BusinessGroupID", Filled(BusinessGroupId)).Add("SafetyWay", SafetyWay).Add("RegisterWay", RegisterWay).Add("Secrecy", Secrecy)
            .Add("IPAddress", Filled(IpAddress)).Add("Port", Port).Add("Status", IsOnline is { } online ? online ? "ON" : "OFF" : null)
            .Add("Longitude", Longitude, "0.0#####").Add("Latitude", Latitude, "0.0#####");
        if (PtzType is not null || StreamNumbers.Length > 0 || Resolution.Length > 0 || DownloadSpeed.Length > 0 || MobileDeviceType is not null)
            xml.Open("Info").Add("PTZType", PtzType).Add("Resolution", Filled(Resolution)).Add("DownloadSpeed", Filled(DownloadSpeed)).Add("StreamNumberList", Filled(StreamNumbers))
                .Add("MobileDeviceType", MobileDeviceType).Close();
        xml.Close();

        static string? Filled(string text) => text.Length > 0 ? text : null;
    }

    private CatalogItem WithField(ref XmlPull xml) => xml.Name.ToString().ToUpperInvariant() switch
    {
        "DEVICEID" => this with { DeviceId = xml.Text() },
        "NAME" => this with { Name = xml.Text() },
        "MANUFACTURER" => this with { Manufacturer = xml.Text() },
        "MODEL" => this with { Model = xml.Text() },
        "OWNER" => this with { Owner = xml.Text() },
        "CIVILCODE" => this with { CivilCode = xml.Text() },
        "BLOCK" => this with { Block = xml.Text() },
        "ADDRESS" => this with { Address = xml.Text() },
        "PARENTAL" => this with { IsParent = xml.Number() is { } parental ? parental != 0 : null },
        "PARENTID" => this with { ParentId = xml.Text() },
        "BUSINESSGROUPID" => this with { BusinessGroupId = xml.Text() },
        "SAFETYWAY" => this with { SafetyWay = xml.Number() },
        "REGISTERWAY" => this with { RegisterWay = xml.Number() },
        "SECRECY" => this with { Secrecy = xml.Number() },
        "IPADDRESS" => this with { IpAddress = xml.Text() },
        "PORT" => this with { Port = xml.Number() },
        "STATUS" => this with { IsOnline = Online(xml.Text()) },
        "LONGITUDE" => this with { Longitude = xml.Real() },
        "LATITUDE" => this with { Latitude = xml.Real() },
        "PTZTYPE" => this with { PtzType = xml.Number() },
        "STREAMNUMBERLIST" => this with { StreamNumbers = xml.Text() },
        "RESOLUTION" => this with { Resolution = xml.Text() },
        "DOWNLOADSPEED" => this with { DownloadSpeed = xml.Text() },
        "MOBILEDEVICETYPE" => this with { MobileDeviceType = xml.Number() },
        "EVENT" => this with { Event = xml.Text().ToUpperInvariant() },
        _ => this,
    };

    private static bool? Online(string status) => status.ToUpperInvariant() switch
    {
        "ON" or "OK" or "ONLINE" or "1" => true,
        "OFF" or "OFFLINE" or "0" or "ERROR" => false,
        _ => null,
    };
}

/// <summary>One part of a list: what the device says there is in all, and what stands in this part.</summary>
/// <param name="SumNum">Over all parts; often wrong.</param>
/// <param name="Unnamed">Entries that could not be taken: they count towards the sum all the same.</param>
internal readonly record struct ListPart<T>(int SumNum, IReadOnlyList<T> Items, int Unnamed);

internal sealed record CatalogQuery() : ManscdpDocument(ManscdpRoot.Query, "Catalog")
{
    public DateTime? StartTime { get; init; }
    public DateTime? EndTime { get; init; }

    public static CatalogQuery Read(ref XmlPull xml)
    {
        var query = new CatalogQuery();
        while (xml.Child(1))
            if (xml.Is("StartTime"))
                query = query with { StartTime = xml.Time() };
            else if (xml.Is("EndTime"))
                query = query with { EndTime = xml.Time() };
        return query;
    }

    protected override void Write(XmlText xml) => xml.Add("StartTime", StartTime).Add("EndTime", EndTime);
}

/// <summary>A part of a catalog; <see cref="ListAssembler{T}"/> puts them together.</summary>
internal sealed record CatalogResponse(ListPart<CatalogItem> Part) : ManscdpDocument(ManscdpRoot.Response, "Catalog")
{
    public const int MostItems = 10_000;

    public static CatalogResponse Read(ref XmlPull xml) => new(ReadPart(ref xml));

    protected override void Write(XmlText xml) => WritePart(xml, Part);

    internal static ListPart<CatalogItem> ReadPart(ref XmlPull xml)
    {
        List<CatalogItem> items = [];
        var (sum, unnamed) = (0, 0);
        while (xml.Child(1))
            if (xml.Is("SumNum"))
                sum = xml.Number() ?? 0;
            else if (xml.Is("DeviceList"))
                while (xml.Child(2))
                    if (xml.Is("Item"))
                    {
                        if (items.Count < MostItems && CatalogItem.Read(ref xml) is { } item)
                            items.Add(item);
                        else
                            unnamed++;
                    }
        return new(sum, items, unnamed);
    }

    internal static void WritePart(XmlText xml, ListPart<CatalogItem> part)
    {
        xml.Add("SumNum", part.SumNum);
        if (part.Items.Count == 0)
            return;
        xml.Open("DeviceList", part.Items.Count);
        foreach (var item in part.Items)
            item.Write(xml);
        xml.Close();
    }
}

/// <summary>Changes of a catalog, inside a subscription.</summary>
internal sealed record CatalogNotify(ListPart<CatalogItem> Part) : ManscdpDocument(ManscdpRoot.Notify, "Catalog")
{
    public static CatalogNotify Read(ref XmlPull xml) => new(CatalogResponse.ReadPart(ref xml));

    protected override void Write(XmlText xml) => CatalogResponse.WritePart(xml, Part);
}
