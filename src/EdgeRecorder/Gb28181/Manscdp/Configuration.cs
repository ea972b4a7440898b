namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>What a device lets us set; null is left as it is.</summary>
internal sealed record BasicParam
{
    public string? Name { get; init; }
    public int? ExpirationSeconds { get; init; }
    public int? HeartBeatIntervalSeconds { get; init; }
    public int? HeartBeatCount { get; init; }

    /// <summary>Values that no device can mean (0, negative) are none.</summary>
    public static BasicParam Read(ref XmlPull xml)
    {
        var param = new BasicParam();
        var depth = xml.Depth;
        while (xml.Child(depth))
            param = xml.Name.ToString().ToUpperInvariant() switch
            {
                "NAME" => param with { Name = xml.Text() },
                "EXPIRATION" => param with { ExpirationSeconds = Positive(xml.Number()) },
                "HEARTBEATINTERVAL" => param with { HeartBeatIntervalSeconds = Positive(xml.Number()) },
                "HEARTBEATCOUNT" => param with { HeartBeatCount = Positive(xml.Number()) },
                _ => param,
            };
        return param;

        static int? Positive(int? value) => value is > 0 ? value : null;
    }

    public void Write(XmlText xml)
        => xml.Open("BasicParam").Add("Name", Name).Add("Expiration", ExpirationSeconds).Add("HeartBeatInterval", HeartBeatIntervalSeconds).Add("HeartBeatCount", HeartBeatCount).Close();
}

internal sealed record DeviceConfig(BasicParam Basic) : ManscdpDocument(ManscdpRoot.Control, "DeviceConfig")
{
    public static DeviceConfig Read(ref XmlPull xml)
    {
        var basic = new BasicParam();
        while (xml.Child(1))
            if (xml.Is("BasicParam"))
                basic = BasicParam.Read(ref xml);
        return new(basic);
    }

    protected override void Write(XmlText xml) => Basic.Write(xml);
}

/// <param name="ConfigType">BasicParam, VideoParamOpt, …; several are separated by slashes.</param>
internal sealed record ConfigDownloadQuery(string ConfigType) : ManscdpDocument(ManscdpRoot.Query, "ConfigDownload")
{
    public static ConfigDownloadQuery Read(ref XmlPull xml)
    {
        var type = "";
        while (xml.Child(1))
            if (xml.Is("ConfigType"))
                type = xml.Text();
        return new(type);
    }

    protected override void Write(XmlText xml) => xml.Add("ConfigType", ConfigType);
}

/// <param name="Basic">Null where the device sent other parameters only.</param>
internal sealed record ConfigDownloadResponse(bool IsOk, BasicParam? Basic) : ManscdpDocument(ManscdpRoot.Response, "ConfigDownload")
{
    public static ConfigDownloadResponse Read(ref XmlPull xml)
    {
        string? result = null;
        BasicParam? basic = null;
        while (xml.Child(1))
            if (xml.Is("Result"))
                result = xml.Text();
            else if (xml.Is("BasicParam"))
                basic = BasicParam.Read(ref xml);
        return new(ResultResponse.IsGood(result), basic);
    }

    protected override void Write(XmlText xml)
    {
        xml.Add("Result", IsOk ? "OK" : "ERROR");
        Basic?.Write(xml);
    }
}

internal readonly record struct Preset(int Id, string Name);

internal sealed record PresetResponse(IReadOnlyList<Preset> Presets) : ManscdpDocument(ManscdpRoot.Response, "PresetQuery")
{
    public static PresetResponse Read(ref XmlPull xml)
    {
        List<Preset> presets = [];
        while (xml.Child(1))
        {
            if (!xml.Is("PresetList"))
                continue;
            while (xml.Child(2))
            {
                if (!xml.Is("Item"))
                    continue;
                int? id = null;
                var name = "";
                while (xml.Child(3))
                    if (xml.Is("PresetID"))
                        id = xml.Number();
                    else if (xml.Is("PresetName"))
                        name = xml.Text();
                if (id is >= 1 and <= 255 && presets.Count < 255)
                    presets.Add(new(id.Value, name));
            }
        }
        return new(presets);
    }

    protected override void Write(XmlText xml)
    {
        xml.Open("PresetList", Presets.Count);
        foreach (var preset in Presets)
            xml.Open("Item").Add("PresetID", preset.Id).Add("PresetName", preset.Name).Close();
        xml.Close();
    }
}
